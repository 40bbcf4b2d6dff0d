package server

import (
	"net/http"
	"regexp"
)

// A family is a kind of browsers or systems, and what their names of themselves have. The first one that fits is it.
type family struct {
	name    string
	pattern *regexp.Regexp // its group is the version
}

var (
	browsers = []family{{"Edge", regexp.MustCompile(`Edg/(\d+)`)}, {"Opera", regexp.MustCompile(`OPR/(\d+)`)}, {"Firefox", regexp.MustCompile(`Firefox/(\d+)`)},
		{"Chromium", regexp.MustCompile(`Chrom\w+/(\d+)`)}, {"Safari", regexp.MustCompile(`Version/(\d+).*Safari`)}}
	systems = []family{{"Android", regexp.MustCompile(`Android`)}, {"iOS", regexp.MustCompile(`iPhone|iPad`)}, {"Windows", regexp.MustCompile(`Windows`)},
		{"macOS", regexp.MustCompile(`Mac OS`)}, {"ChromeOS", regexp.MustCompile(`CrOS`)}, {"Linux", regexp.MustCompile(`Linux`)}}
)

// familyOf returns the family of a browser or a system, with its version, or "other".
func familyOf(list []family, agent string) string {
	for _, f := range list {
		switch m := f.pattern.FindStringSubmatch(agent); len(m) {
		case 1:
			return f.name
		case 2:
			return f.name + " " + m[1]
		}
	}
	return "other"
}

// complete adds to a device the families of the browser and the system, from the header User-Agent. Nothing else of the
// header is stored.
func (d *device) complete(r *http.Request) {
	agent := r.UserAgent()
	if d.Browser == "" {
		d.Browser = familyOf(browsers, agent)
	}
	if d.System == "" {
		d.System = familyOf(systems, agent)
	}
}
