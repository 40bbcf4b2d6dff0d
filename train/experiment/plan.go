package experiment

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"abtool/internal/filetype"
	"abtool/train/data"
	"abtool/train/run"
)

//go:embed experiments/*.toml
var shipped embed.FS

// What Rand is trained with.
const (
	RandChosen = "chosen" // the lambda that is chosen for luab
	RandAll    = "all"    // every lambda
)

// A Plan is an experiment's file.
type Plan struct {
	Title       string             `toml:"title"`
	Supervision []data.Supervision `toml:"supervision"`
	Lambda      []float64          `toml:"lambda"`
	Rand        string             `toml:"rand"`
	Seed        []uint64           `toml:"seed"`
	Choose      string             `toml:"choose"`
	Data        *Images            `toml:"data"`
	Evaluation  []Images           `toml:"evaluation"`
	Garments    *Garments          `toml:"garments"`
	Recipe      run.Recipe         `toml:"recipe"`
}

// Images are images with their targets, as abtool train takes them.
type Images struct {
	Name    string `toml:"name,omitempty"`    // of an evaluation
	Images  string `toml:"images"`            // folder, shards or idx file
	Targets string `toml:"targets,omitempty"` // of abtool targets
	Rule    string `toml:"rule,omitempty"`
	Split   string `toml:"split,omitempty"`
	Truth   string `toml:"truth,omitempty"` // a store
	Partial bool   `toml:"partial,omitempty"`
}

// Names are the experiments that come with the program.
func Names() (names []string) {
	entries, _ := shipped.ReadDir("experiments")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// Load reads an experiment: one of Names, or a file.
func Load(name string) (*Plan, error) {
	text, err := shipped.ReadFile(path.Join("experiments", name+".toml"))
	if err != nil {
		if text, err = filetype.ReadText(name); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("no experiment %q: it is a file, or one of %s", name, strings.Join(Names(), ", "))
		} else if err != nil {
			return nil, fmt.Errorf("reading the experiment: %w", err)
		}
	}
	p, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("experiment %s: %w", name, err)
	}
	return p, nil
}

func parse(text string) (*Plan, error) {
	p := &Plan{Recipe: run.Default()}
	p.Recipe.Seed, p.Recipe.Lambda, p.Recipe.Supervision = 0, 0, ""
	meta, err := toml.Decode(text, p)
	if err != nil {
		return nil, err
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return nil, fmt.Errorf("an experiment has no key %s", left[0])
	}
	if r := p.Recipe; r.Seed != 0 || r.Lambda != 0 || r.Supervision != "" {
		return nil, errors.New("seed, lambda and supervision are the experiment's, not its recipe's")
	}
	if p.Garments != nil {
		p.Garments.defaults()
	}
	p.Rand = cmp.Or(p.Rand, RandChosen)
	return p, p.check()
}

func (p *Plan) check() error {
	evaluations := p.Evaluations()
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{(p.Data == nil) == (p.Garments == nil), "it needs [data] with [[evaluation]], or [garments]"},
		{p.Garments != nil && len(p.Evaluation) > 0, "garments have their own evaluations: " + strings.Join(evaluations, ", ")},
		{len(p.Seed) == 0 || repeats(p.Seed), "seed: at least one, each once"},
		{len(p.Supervision) == 0 || repeats(p.Supervision), "supervision: at least one of none, rand, luab, each once"},
		{len(p.Lambda) == 0 || repeats(p.Lambda) || slices.ContainsFunc(p.Lambda, func(v float64) bool { return !(v > 0) }), "lambda: at least one, each once and above 0 (supervision none is 0)"},
		{p.Rand != RandChosen && p.Rand != RandAll, "rand: chosen or all"},
		{p.Rand == RandChosen && p.has(data.Rand) && !p.has(data.LUAB), "rand = \"chosen\" takes luab's lambda: name luab too, or give rand = \"all\""},
		{len(evaluations) == 0 || repeats(evaluations) || slices.Contains(evaluations, ""), "evaluation: at least one, each with a name of its own"},
		{!slices.Contains(evaluations, p.Choose), "choose: the name of an evaluation, one of " + strings.Join(evaluations, ", ")},
	} {
		if c.bad {
			return fmt.Errorf("the experiment is wrong: %s", c.text)
		}
	}
	for _, s := range p.Supervision {
		if !slices.Contains(data.Supervisions, s) {
			return fmt.Errorf("the experiment is wrong: supervision %q: none, rand or luab", s)
		}
	}
	if p.Garments != nil {
		if err := p.Garments.check(); err != nil {
			return err
		}
	}
	a := p.arm(data.LUAB, p.Lambda[0], p.Seed[0])
	return p.recipe(a).Check()
}

func repeats[T cmp.Ordered](list []T) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) < len(list)
}

func (p *Plan) has(s data.Supervision) bool { return slices.Contains(p.Supervision, s) }

// Evaluations are the names of the sets of images that networks are told by.
func (p *Plan) Evaluations() (names []string) {
	if p.Garments != nil {
		return garmentSets
	}
	for _, e := range p.Evaluation {
		names = append(names, e.Name)
	}
	return names
}

// TOML is the plan as a file, with everything resolved.
func (p *Plan) TOML() string {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(p); err != nil {
		panic(err) // a struct of plain values
	}
	return b.String()
}

// An Arm is one training.
type Arm struct {
	Supervision data.Supervision `json:"supervision"`
	Lambda      float64          `json:"lambda"` // 0 of none
	Seed        uint64           `json:"seed"`
}

func (p *Plan) arm(s data.Supervision, lambda float64, seed uint64) Arm {
	if s == data.None {
		lambda = 0
	}
	return Arm{s, lambda, seed}
}

// Name is that of the arm's folder.
func (a Arm) Name() string {
	if a.Supervision == data.None {
		return fmt.Sprintf("%s-seed-%d", a.Supervision, a.Seed)
	}
	return fmt.Sprintf("%s-%s-seed-%d", a.Supervision, strconv.FormatFloat(a.Lambda, 'g', -1, 64), a.Seed)
}

// recipe is the arm's.
func (p *Plan) recipe(a Arm) run.Recipe {
	r := p.Recipe
	r.Supervision, r.Lambda, r.Seed = string(a.Supervision), a.Lambda, a.Seed
	return r
}

// first are the arms that do not depend on a choice, seed by seed.
func (p *Plan) first() (arms []Arm) {
	for _, seed := range p.Seed {
		for _, s := range p.Supervision {
			switch {
			case s == data.None:
				arms = append(arms, p.arm(s, 0, seed))
			case s == data.LUAB || p.Rand == RandAll:
				for _, lambda := range p.Lambda {
					arms = append(arms, p.arm(s, lambda, seed))
				}
			}
		}
	}
	return arms
}

// second are the arms of the chosen lambda.
func (p *Plan) second(lambda float64) (arms []Arm) {
	if !p.has(data.Rand) || p.Rand == RandAll {
		return nil
	}
	for _, seed := range p.Seed {
		arms = append(arms, p.arm(data.Rand, lambda, seed))
	}
	return arms
}

// count is the number of arms in all.
func (p *Plan) count() int { return len(p.first()) + len(p.second(0)) }
