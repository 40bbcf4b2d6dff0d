package server

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

// pageTexts are what this package itself says to people, by language. Everything else is said by the scripts of the page.
var pageTexts = map[string]struct {
	NoScript, Title string
	Why             map[string]string // by the code of the error
}{
	"en": {
		"This page needs JavaScript. Please switch it on and load the page again.", "The page cannot be opened",
		map[string]string{
			"": "There is no study at this address. Perhaps a part of the link is missing. Please copy the whole link from the " +
				"message that you were sent, and open it again. If that does not help, ask those who sent it.",
			"no_tls": "The study can be opened with https only. Please open the link that you were sent, which begins with https://. " +
				"If that does not help, ask those who sent it.",
		},
	},
	"de": {
		"Diese Seite braucht JavaScript. Bitte schalten Sie es ein und laden Sie die Seite neu.", "Die Seite kann nicht geöffnet werden",
		map[string]string{
			"": "Unter dieser Adresse gibt es keine Studie. Vielleicht fehlt ein Teil des Links. Bitte kopieren Sie den ganzen " +
				"Link aus der Nachricht, die Sie bekommen haben, und öffnen Sie ihn noch einmal. Wenn das nicht hilft, fragen Sie " +
				"die Absender.",
			"no_tls": "Die Studie kann nur mit https geöffnet werden. Bitte öffnen Sie den Link, den Sie bekommen haben: Er beginnt " +
				"mit https://. Wenn das nicht hilft, fragen Sie die Absender.",
		},
	},
}

// language returns a language of pageTexts: that of the study, if it is one.
func (s *Server) language() string {
	name, _, _ := strings.Cut(strings.ToLower(s.Study.Study.Language), "-")
	if _, ok := pageTexts[name]; !ok {
		return "en"
	}
	return name
}

// translate puts the language of the study into the page, whose script reads it there.
func (s *Server) translate(f file) file {
	english, own := pageTexts["en"], pageTexts[s.language()]
	body := bytes.Replace(f.body, []byte(`<html lang="en">`), fmt.Appendf(nil, `<html lang="%s">`, s.language()), 1)
	return newFile(bytes.Replace(body, []byte(english.NoScript), []byte(own.NoScript), 1), f.kind)
}

var nowherePage = template.Must(template.New("nowhere").Parse(`<!doctype html>
<html lang="{{.Language}}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<link rel="stylesheet" href="{{.Up}}page/style.css">
<body>
<main class="text"><h1>{{.Title}}</h1><p>{{.Why}}</p></main>
</body>
</html>
`))

// nowhere refuses a request. Who asks for a page, as browsers do for the address that somebody has opened, gets one
// that says what to do, in the language of the study. All others get the error in JSON.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request, status int, code, format string, args ...any) {
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		refuse(w, status, code, format, args...)
		return
	}
	texts := pageTexts[s.language()]
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	nowherePage.Execute(w, map[string]string{"Language": s.language(), "Title": texts.Title,
		"Why": cmp.Or(texts.Why[code], texts.Why[""]),
		"Up":  strings.Repeat("../", max(0, strings.Count(r.URL.Path, "/")-1))})
}
