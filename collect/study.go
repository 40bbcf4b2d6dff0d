package collect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"abtool/collect/platform"
	"abtool/internal/closest"
)

// Names of the files in the folder of a study.
const (
	SettingsFile = "study.toml"
	ImagesFile   = "images.jsonl"
	ClassesFile  = "classes.jsonl"
	PlanFile     = "plan.jsonl"
)

// Limits of the images of a page.
const (
	maxImages = 200 // task.images
	maxSlots  = 256 // with those that come again: the key of an image has a byte for the slot
)

// Kinds of tasks.
const (
	Browse = "browse" // choose the images of a class
	Tag    = "tag"    // put icons on what an image shows
)

// Settings are the contents of study.toml.
type Settings struct {
	Study    About             `toml:"study"`
	Task     Task              `toml:"task"`
	Images   Images            `toml:"images"`
	Measures Measures          `toml:"measures"`
	Assign   Assign            `toml:"assign"`
	Arms     map[string]Arm    `toml:"arms"`
	Record   Record            `toml:"record"`
	Quality  Quality           `toml:"quality"`
	Platform platform.Settings `toml:"platform"`
	Privacy  Privacy           `toml:"privacy"`
	Serve    Serve             `toml:"serve"`
	Compat   Compat            `toml:"compat"`
}

// About says what the study is.
type About struct {
	ID       string  `toml:"id"`
	Title    string  `toml:"title"`
	Language string  `toml:"language"` // of the texts, as HTML names it
	Contact  string  `toml:"contact"`  // who answers questions and deletes data
	Minutes  float64 `toml:"minutes"`  // how long a HIT takes, as annotators are told
}

// Task says what annotators do.
type Task struct {
	Kind    string   `toml:"kind"`    // Browse, Tag
	Pages   int      `toml:"pages"`   // of a HIT
	Images  int      `toml:"images"`  // of a browse page
	Others  int      `toml:"others"`  // how many of these are drawn from other classes
	Gold    int      `toml:"gold"`    // and how many are gold images of the class, which check annotators
	Repeats int      `toml:"repeats"` // of a HIT, how many images come twice
	Placing string   `toml:"placing"` // both, drag: how icons are placed on tag pages
	Icons   string   `toml:"icons"`   // folder with pictures of the icons; "": tiles with names
	Devices []string `toml:"devices"` // fine: mouse, touchpad, pen; coarse: touch
}

// Images says where the images are.
type Images struct {
	Folder string `toml:"folder"`
}

// Measures are the sizes of the interfaces, in CSS pixels. Their defaults are those of the original front ends.
type Measures struct {
	// Of browse pages.
	Columns int `toml:"columns" json:"columns"` // of the grid
	Column  int `toml:"column" json:"column"`   // width of one
	Gap     int `toml:"gap" json:"gap"`         // between them
	Border  int `toml:"border" json:"border"`   // of an image, which says whether it is selected
	// Of tag pages.
	Icon  int     `toml:"icon" json:"icon"`   // width and height; half of it on the image
	Loupe int     `toml:"loupe" json:"loupe"` // radius, in arms with magnifier = "drag"
	Zoom  float64 `toml:"zoom" json:"zoom"`   // how much larger the loupe shows the image
	// Of both.
	Width  int `toml:"width" json:"width"`   // of an image, at most
	Height int `toml:"height" json:"height"` // of an image, at most
	Dot    int `toml:"dot" json:"dot"`       // diameter, in arms with pointer = "red-dot"
}

// check reports measures that make no sense.
func (m *Measures) check(between func(key string, value, low, high int), wrong func(format string, args ...any)) {
	for _, x := range []struct {
		key              string
		value, low, high int
	}{{"columns", m.Columns, 1, 12}, {"column", m.Column, 80, 2000}, {"gap", m.Gap, 0, 200}, {"border", m.Border, 1, 40}, {"icon", m.Icon, 24, 200},
		{"loupe", m.Loupe, 20, 400}, {"width", m.Width, 40, 4000}, {"height", m.Height, 40, 4000}, {"dot", m.Dot, 4, 60}} {
		between("measures."+x.key, x.value, x.low, x.high)
	}
	if !(m.Zoom >= 1 && m.Zoom <= 8) {
		wrong("measures.zoom = %v: it is from 1 to 8", m.Zoom)
	}
}

// Assign says who gets which HIT.
type Assign struct {
	K        int    `toml:"k"`     // annotators of a HIT
	Lease    string `toml:"lease"` // longest time for a HIT; three times the median if that is longer
	Idle     string `toml:"idle"`  // time without a sign of life after which a HIT is given to others
	MostHITs int    `toml:"max_hits_per_worker"`
	Unit     string `toml:"unit"`    // PerWorker, PerPage: what an arm is drawn for
	Reissue  string `toml:"reissue"` // Whole, Rest: what of a HIT that was left is issued again
}

// Values of unit and reissue.
const (
	PerWorker = "worker"
	PerPage   = "page"
	Whole     = "whole"
	Rest      = "rest"
)

// An Arm is a variant of the interface.
type Arm struct {
	Weight      int    `toml:"weight" json:"-"`
	Pointer     string `toml:"pointer" json:"pointer"`         // default, red-dot, ring
	Reveal      string `toml:"reveal" json:"reveal"`           // always, hover
	Instruction string `toml:"instruction" json:"instruction"` // default, click-the-object
	Magnifier   string `toml:"magnifier" json:"magnifier"`     // none, drag
}

// Record says what is recorded.
type Record struct {
	Level string `toml:"level"` // the most that is recorded: full, events, answers
	Needs string `toml:"needs"` // the least that annotators have to allow
	Rate  int    `toml:"rate"`  // samples of the pointer per second; 0: all
	Keys  bool   `toml:"keys"`
}

// Quality has the thresholds of the paper's rules for rejecting HITs.
type Quality struct {
	Recall   float64 `toml:"recall"`   // share of what is known to be there that has to be found
	Selected int     `toml:"selected"` // images of a browse HIT that have to be selected
	Place    float64 `toml:"place"`    // share of the icons of a tag HIT that have to lie on their object
	Pages    int     `toml:"pages"`    // of a HIT that have to be submitted
}

// defaults sets the thresholds that are not set, and are the paper's for HITs of the paper's size: 30 of 480
// images selected, 9 of 10 pages, 16 of 20 for tag.
func (q *Quality) defaults(t *Task, isSet func(key string) bool) {
	if !isSet("selected") {
		q.Selected = (t.Pages*t.Images + 15) / 16
	}
	if !isSet("pages") {
		q.Pages = (9*t.Pages + 9) / 10
		if t.Kind == Tag {
			q.Pages = (4*t.Pages + 4) / 5
		}
	}
}

// Privacy says how long recordings are kept, and what boards are told.
type Privacy struct {
	OnLeave        string `toml:"on_leave"`        // Keep, Delete: what was recorded of HITs that people left without a word
	IdentitiesDays int    `toml:"identities_days"` // since the last visit, after which the platform's ids are deleted; 0: never
	Stored         string `toml:"stored"`          // where the recordings are
	SeenBy         string `toml:"seen_by"`         // who sees them
	Kept           string `toml:"kept"`            // for how long
	KeepPayment    bool   `toml:"keep_payment"`    // of who is erased, keep what paying needs: the platform's ids, and codes
}

// Values of on_leave.
const (
	Keep   = "keep"
	Delete = "delete"
)

// Serve says where the study is served.
type Serve struct {
	Address string   `toml:"addr"`
	Admin   string   `toml:"admin_addr"`
	Public  string   `toml:"public_url"`      // address of the server as annotators reach it, such as https://study.example.org
	Proxies []string `toml:"trusted_proxies"` // whose word on where a request comes from is believed
	DB      string   `toml:"db"`              // address of a database of PostgreSQL; "": SQLite in the folder
}

// Compat says whether the original front ends are answered.
type Compat struct {
	Enabled bool     `toml:"enabled"`
	Origins []string `toml:"origins"` // of front ends that another server serves
	URL     string   `toml:"url"`     // address of this server as front ends reach it; "": as they ask for it
	// Pictures are other servers that a front end which this server serves may load pictures from. COCO-AB's has its
	// icons there.
	Pictures []string `toml:"pictures"`
}

// Levels of recording, from the most to the least.
var Levels = []string{"full", "events", "answers"}

// Defaults returns the settings of a new study.
func Defaults(kind string) Settings {
	s := Settings{
		Study:    About{ID: "study", Title: "Which images show it?", Language: "en", Minutes: 20},
		Task:     Task{Kind: kind, Pages: 10, Images: 48, Placing: "both", Devices: []string{"fine"}},
		Assign:   Assign{K: 1, Lease: "60m", Idle: "10m", Unit: PerWorker, Reissue: Whole},
		Record:   Record{Level: "full", Needs: "events", Rate: 125, Keys: true},
		Privacy:  Privacy{OnLeave: Keep, IdentitiesDays: 90},
		Quality:  Quality{Recall: 0.333, Place: 0.75},
		Measures: Measures{Columns: 3, Column: 340, Gap: 4, Border: 4, Icon: 70, Loupe: 80, Zoom: 1.5, Width: 324, Height: 340, Dot: 10},
		Compat:   Compat{Origins: []string{}, Pictures: []string{}},
		Serve:    Serve{Address: "127.0.0.1:8080", Admin: "127.0.0.1:8081", Proxies: []string{}},
	}
	if kind == Tag {
		s.Study.Title, s.Task.Pages, s.Task.Images = "What is in the image?", 20, 1
		s.Measures.Width, s.Measures.Height = 880, 450
	}
	s.Quality.defaults(&s.Task, func(string) bool { return false })
	return s
}

// ParseSettings reads study.toml. Keys that are left out have their defaults. Unknown keys and values that make
// no sense are errors.
func ParseSettings(text string) (s Settings, err error) {
	var first struct {
		Task struct {
			Kind string `toml:"kind"`
		} `toml:"task"`
	}
	if _, err := toml.Decode(text, &first); err != nil {
		return s, err
	}
	s = Defaults(first.Task.Kind)
	meta, err := toml.Decode(text, &s)
	if err != nil {
		return s, err
	}
	if left := meta.Undecoded(); len(left) > 0 {
		key := left[0].String()
		return s, fmt.Errorf("there is no key %s%s", key, closest.DidYouMean(key, settingKeys(left[0])))
	}
	s.Platform.Defaults(meta.IsDefined)
	s.Quality.defaults(&s.Task, func(key string) bool { return meta.IsDefined("quality", key) })
	for name := range s.Arms {
		a := s.Arms[name]
		if !meta.IsDefined("arms", name, "weight") {
			a.Weight = 1
		}
		a.Pointer, a.Reveal = cmp.Or(a.Pointer, "default"), cmp.Or(a.Reveal, "always")
		a.Instruction, a.Magnifier = cmp.Or(a.Instruction, "default"), cmp.Or(a.Magnifier, "none")
		s.Arms[name] = a
	}
	return s, s.check()
}

// settingKeys returns all keys with their tables, for suggestions. Keys of arms get the name of the arm that
// was asked for.
func settingKeys(asked toml.Key) (keys []string) {
	var add func(t reflect.Type, prefix string)
	add = func(t reflect.Type, prefix string) {
		for i := range t.NumField() {
			f := t.Field(i)
			name, of := prefix+f.Tag.Get("toml"), f.Type
			if of.Kind() == reflect.Map {
				if len(asked) < 2 {
					keys = append(keys, name)
					continue
				}
				name, of = name+"."+asked[1], of.Elem()
			}
			if of.Kind() == reflect.Pointer {
				of = of.Elem()
			}
			if keys = append(keys, name); of.Kind() == reflect.Struct {
				add(of, name+".")
			}
		}
	}
	add(reflect.TypeFor[Settings](), "")
	return keys
}

var studyID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (s *Settings) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			wrong("%s = %q: it is one of %s%s", key, value, strings.Join(allowed, ", "), closest.DidYouMean(value, allowed))
		}
	}
	between := func(key string, value, low, high int) {
		if value < low || value > high {
			wrong("%s = %d: it is from %d to %d", key, value, low, high)
		}
	}
	duration := func(key, value string) {
		if d, err := time.ParseDuration(value); err != nil || d < time.Minute || d > 30*24*time.Hour {
			wrong("%s = %q: it is a time from 1m to 720h, such as 90m", key, value)
		}
	}
	if !studyID.MatchString(s.Study.ID) {
		wrong("study.id = %q: it is part of the address: up to 40 of a-z, 0-9 and -, and not - first", s.Study.ID)
	}
	if !(s.Study.Minutes > 0 && s.Study.Minutes <= 600) {
		wrong("study.minutes = %v: it is more than 0 and at most 600", s.Study.Minutes)
	}
	oneOf("task.kind", s.Task.Kind, Browse, Tag)
	between("task.pages", s.Task.Pages, 1, 100)
	if s.Task.Kind == Tag {
		between("task.images", s.Task.Images, 1, 1)
	} else {
		between("task.images", s.Task.Images, 1, maxImages)
	}
	if s.Task.Kind == Tag {
		between("task.others", s.Task.Others, 0, 0)
		between("task.gold", s.Task.Gold, 0, 0)
		between("task.repeats", s.Task.Repeats, 0, max(s.Task.Pages/3, 0))
	} else {
		between("task.others", s.Task.Others, 0, max(s.Task.Images-1, 0))
		between("task.gold", s.Task.Gold, 0, max(s.Task.Images-1-s.Task.Others, 0))
		between("task.repeats", s.Task.Repeats, 0, max(s.Task.Images, 0))
		if n := s.Task.Images + s.Task.Repeats; n > maxSlots {
			wrong("task.images + task.repeats = %d: a page has at most %d images, and all that come again may be on one", n, maxSlots)
		}
		if s.Task.Placing != "both" || s.Task.Icons != "" {
			wrong("task.placing and task.icons are for tag studies: a browse study has no icons")
		}
		if m := s.Measures; m.Width+2*m.Border > m.Column {
			wrong("measures.width = %d: with the borders it is wider than measures.column = %d", m.Width, m.Column)
		}
	}
	s.Measures.check(between, wrong)
	oneOf("task.placing", s.Task.Placing, "both", "drag")
	if len(s.Task.Devices) == 0 {
		wrong("task.devices is empty: nobody could take part")
	}
	for _, d := range s.Task.Devices {
		oneOf("task.devices", d, "fine", "coarse")
	}
	between("assign.k", s.Assign.K, 1, 1000)
	between("assign.max_hits_per_worker", s.Assign.MostHITs, 0, 1_000_000)
	oneOf("assign.unit", s.Assign.Unit, PerWorker, PerPage)
	oneOf("assign.reissue", s.Assign.Reissue, Whole, Rest)
	duration("assign.lease", s.Assign.Lease)
	duration("assign.idle", s.Assign.Idle)
	for _, name := range slices.Sorted(maps.Keys(s.Arms)) {
		a, key := s.Arms[name], "arms."+name
		between(key+".weight", a.Weight, 1, 100)
		oneOf(key+".pointer", a.Pointer, "default", "red-dot", "ring")
		oneOf(key+".reveal", a.Reveal, "always", "hover")
		oneOf(key+".instruction", a.Instruction, "default", "click-the-object")
		oneOf(key+".magnifier", a.Magnifier, "none", "drag")
		if s.Task.Kind == Browse && a.Magnifier == "drag" {
			wrong("%s.magnifier: a browse page has no icons to drag", key)
		}
		if s.Task.Kind == Tag && (a.Reveal == "hover" || a.Instruction == "click-the-object") {
			wrong("%s: reveal and instruction are for browse pages", key)
		}
	}
	oneOf("record.level", s.Record.Level, Levels...)
	oneOf("record.needs", s.Record.Needs, Levels...)
	if slices.Index(Levels, s.Record.Needs) < slices.Index(Levels, s.Record.Level) {
		wrong("record.needs = %q, but record.level = %q: a study cannot need more than it records", s.Record.Needs, s.Record.Level)
	}
	between("record.rate", s.Record.Rate, 0, 10_000)
	oneOf("privacy.on_leave", s.Privacy.OnLeave, Keep, Delete)
	between("privacy.identities_days", s.Privacy.IdentitiesDays, 0, 36_500)
	share := func(key string, value float64) {
		if !(value >= 0 && value <= 1) {
			wrong("%s = %v: it is from 0 to 1", key, value)
		}
	}
	for _, p := range s.Serve.Proxies {
		if _, err := Network(p); err != nil {
			wrong("serve.trusted_proxies has %q: it is an address, such as 127.0.0.1, or a network, such as 10.0.0.0/8", p)
		}
	}
	for _, o := range slices.Concat(s.Compat.Origins, s.Compat.Pictures, []string{s.Compat.URL}) {
		if u, err := url.Parse(o); o != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || o != u.Scheme+"://"+u.Host) {
			wrong("compat has the address %q: it is such as https://study.example.org, without a path", o)
		}
	}
	if s.Serve.DB != "" && !IsPostgres(s.Serve.DB) {
		wrong("serve.db is an address such as postgres://abtool@db.example.org/birds")
	}
	if u, err := url.Parse(s.Serve.Public); s.Serve.Public != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" ||
		u.RawQuery+u.Fragment != "") {
		wrong("serve.public_url = %q: it is an address such as https://study.example.org", s.Serve.Public)
	}
	errs = append(errs, s.Platform.Check()...)
	share("quality.recall", s.Quality.Recall)
	share("quality.place", s.Quality.Place)
	between("quality.selected", s.Quality.Selected, 0, max(s.Task.Pages*s.Task.Images, 0))
	between("quality.pages", s.Quality.Pages, 0, max(s.Task.Pages, 0))
	return errors.Join(errs...)
}

// Network reads an address or a network of trusted_proxies.
func Network(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Unmap().Prefix(a.Unmap().BitLen())
	}
	return netip.ParsePrefix(text)
}

// A Study is the folder of a study.
type Study struct {
	Dir string
	Settings
	Classes []Class
	// The texts in Markdown: landing, consent, instructions, end.
	Texts map[string]string
	// SettingsText is study.toml as it is written.
	SettingsText string
}

// texts are the names of the texts; each is in a file NAME.md.
var texts = []string{"landing", "consent", "instructions", "end"}

// Files returns the names of the files that a study is made of, without databases, keys and images.
func Files() []string {
	files := []string{SettingsFile, ImagesFile, ClassesFile, PlanFile}
	for _, name := range texts {
		files = append(files, name+".md")
	}
	return files
}

// Open reads the folder of a study.
func Open(dir string) (*Study, error) {
	text, err := os.ReadFile(filepath.Join(dir, SettingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the folder of a study: it has no %s; abtool collect init makes one", dir, SettingsFile)
	}
	if err != nil {
		return nil, err
	}
	s := &Study{Dir: dir, Texts: map[string]string{}, SettingsText: string(text)}
	if s.Settings, err = ParseSettings(string(text)); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, SettingsFile), err)
	}
	for _, name := range texts {
		b, err := os.ReadFile(filepath.Join(dir, name+".md"))
		if err != nil {
			return nil, err
		}
		s.Texts[name] = string(b)
	}
	s.Classes, err = readLines[Class](filepath.Join(dir, ClassesFile))
	return s, err
}

// IsPostgres reports whether an address is of a database of PostgreSQL.
func IsPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// HasPassword reports whether the address of a database has a password.
func HasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true // it cannot be told
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password")
}

// PasswordIsOpen reports whether others can read a password of the database in study.toml.
func (s *Study) PasswordIsOpen() bool {
	info, err := os.Stat(filepath.Join(s.Dir, SettingsFile))
	return err == nil && HasPassword(s.Serve.DB) && os.PathSeparator == '/' && info.Mode().Perm()&0o077 != 0
}

// Database returns the address of the database that study.toml names, or "".
func Database(dir string) (string, error) {
	var s struct {
		Serve struct {
			DB string `toml:"db"`
		} `toml:"serve"`
	}
	err := readPart(dir, &s)
	return s.Serve.DB, err
}

// WholeHIT returns how many pages and images study.toml gives to a HIT. The plan has smaller ones, too.
func WholeHIT(dir string) (pages, images int, err error) {
	var s struct {
		Task struct {
			Kind          string
			Pages, Images int
		}
	}
	if err := readPart(dir, &s); err != nil {
		return 0, 0, err
	}
	t := Defaults(s.Task.Kind).Task
	pages = cmp.Or(s.Task.Pages, t.Pages)
	return pages, pages * cmp.Or(s.Task.Images, t.Images), nil
}

// readPart reads keys of study.toml, and ignores the others.
func readPart(dir string, to any) error {
	path := filepath.Join(dir, SettingsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := toml.Decode(string(text), to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Platforms returns the platforms that send annotators.
func (s *Study) Platforms() (platform.Platforms, error) {
	return platform.Open(&s.Platform, s.path, s.Serve.Public)
}

// Page returns the address of the study's page, or an example while public_url is not set.
func (s *Study) Page() string {
	base := cmp.Or(s.Serve.Public, "https://study.example.org")
	return strings.TrimSuffix(base, "/") + "/s/" + s.Study.ID
}

// IsStudy reports whether a path is the folder of a study.
func IsStudy(path string) bool {
	_, err := os.Stat(filepath.Join(path, SettingsFile))
	return err == nil
}

// ImageFolder returns the folder of the images.
func (s *Study) ImageFolder() string { return s.path(s.Settings.Images.Folder) }

// IconFolder returns the folder of the icons' pictures, or "".
func (s *Study) IconFolder() string {
	if s.Task.Icons == "" {
		return ""
	}
	return s.path(s.Task.Icons)
}

// path returns a path that study.toml gives relative to the folder of the study.
func (s *Study) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.Dir, p)
}

// Idle and Longest return the times of leases.
func (s *Study) Idle() time.Duration    { return mustDuration(s.Assign.Idle) }
func (s *Study) Longest() time.Duration { return mustDuration(s.Assign.Lease) }

// mustDuration parses a time that check accepted.
func mustDuration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return d
}

// Plan reads images.jsonl and plan.jsonl.
func (s *Study) Plan() (images []Image, hits []HIT, err error) {
	if images, err = readLines[Image](filepath.Join(s.Dir, ImagesFile)); err != nil {
		return nil, nil, err
	}
	hits, err = readLines[HIT](filepath.Join(s.Dir, PlanFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s has no plan yet: make one with abtool collect plan %s", s.Dir, s.Dir)
	}
	if err == nil {
		err = s.checkPlan(images, hits)
	}
	return images, hits, err
}

// checkPlan returns an error for a plan that cannot be served.
func (s *Study) checkPlan(images []Image, hits []HIT) error {
	known, ids := map[string]bool{}, map[string]bool{}
	for _, m := range images {
		known[m.ID] = true
	}
	for i, h := range hits {
		wrong := func(format string, args ...any) error {
			return fmt.Errorf("%s, line %d: %s", PlanFile, i+1, fmt.Sprintf(format, args...))
		}
		switch {
		case h.ID == "" || ids[h.ID]:
			return wrong("the id %q is empty or taken", h.ID)
		case h.Task != s.Task.Kind:
			return wrong("the task is %q, but %s says %q", h.Task, SettingsFile, s.Task.Kind)
		case h.K < 1 || len(h.Pages) == 0:
			return wrong("k = %d with %d pages: a HIT needs one of each", h.K, len(h.Pages))
		}
		ids[h.ID] = true
		for n, p := range h.Pages {
			on := map[string]bool{}
			for _, slot := range p.Slots {
				if !known[slot.Image] {
					return wrong("page %d shows the image %q, which %s does not have", n, slot.Image, ImagesFile)
				}
				if on[slot.Image] {
					return wrong("page %d shows the image %q twice", n, slot.Image)
				}
				on[slot.Image] = true
			}
			most := maxSlots
			if s.Task.Kind == Tag {
				most = 1
			}
			if len(on) == 0 || len(on) > most {
				return wrong("page %d has %d images: it needs one, and has at most %d", n, len(on), most)
			}
		}
	}
	return nil
}

// readLines reads a file with one JSON value a line.
func readLines[T any](path string) (all []T, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for d, n := json.NewDecoder(bytes.NewReader(text)), 1; ; n++ {
		d.DisallowUnknownFields()
		var one T
		err := d.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s, value %d: %w", path, n, err)
		}
		all = append(all, one)
	}
}

// writeLines writes one JSON value a line.
func writeLines[T any](w io.Writer, all []T) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, one := range all {
		if err := e.Encode(one); err != nil {
			return err
		}
	}
	return nil
}
