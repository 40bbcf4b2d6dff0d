package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"abtool/beam/remote"
	"abtool/internal/usage"
)

// An Input is the work of one shard.
type Input struct {
	Name string // of the shard: the folder or file that is made
	Path string
}

// Inputs returns the inputs of a run: the files that match the patterns, in the order of their names, each
// with a name of its own. A name is the name of the file without its extensions, after the names of its
// last folders, parents of them.
func Inputs(ctx context.Context, patterns []string, parents int) (all []Input, err error) {
	for _, p := range patterns {
		found, err := remote.List(ctx, p)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no file matches this pattern", p)
		}
		for _, file := range found {
			all = append(all, Input{Name: shardName(file, parents), Path: file})
		}
	}
	return Named(all)
}

// Named returns inputs in the order of their names, or an error if two have the same.
func Named(all []Input) ([]Input, error) {
	slices.SortFunc(all, func(a, b Input) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path)) })
	for i := range all[:max(len(all)-1, 0)] {
		switch a, b := all[i], all[i+1]; {
		case a.Path == b.Path:
			return nil, usage.Errorf("%s is given twice", a.Path)
		case a.Name == b.Name:
			return nil, usage.Errorf("%s and %s would both become %s: put more of their folders into the names with --parents",
				a.Path, b.Path, a.Name)
		}
	}
	return all, nil
}

// shardName returns the name of the shard of a file.
func shardName(file string, parents int) string {
	_, rest, ok := strings.Cut(file, "://")
	if !ok {
		rest = file
	}
	parts := strings.Split(strings.Trim(path.Clean("/"+rest), "/"), "/")
	base := parts[len(parts)-1]
	if at := strings.Index(base[1:], "."); at >= 0 { // not at the dot of a hidden file
		base = base[:at+1]
	}
	folders := parts[:len(parts)-1]
	return strings.Join(append(slices.Clone(folders[max(len(folders)-parents, 0):]), base), "-")
}

// markerOf returns the content of a marker.
func markerOf(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // of strings and numbers
	}
	return append(b, '\n')
}

// marked reports whether a file of a shard has this content.
func marked(ctx context.Context, file string, want []byte) (bool, error) {
	if there, err := remote.Exists(ctx, file); err != nil || !there {
		return false, err
	}
	have, err := remote.Read(ctx, file)
	return bytes.Equal(have, want), err
}

// packed returns options as JSON. Beam sends the fields of a DoFn to workers and takes no functions among them,
// which options have for one machine.
func packed(options any) []byte {
	b, err := json.Marshal(options)
	if err != nil {
		panic(err) // of strings and numbers
	}
	return b
}

// unpack returns options that were packed.
func unpack[T any](b []byte) (options T, err error) {
	err = json.Unmarshal(b, &options)
	return options, err
}

// gather returns one collection with the rows of all shards as one value.
func gather(s beam.Scope, rows beam.PCollection) beam.PCollection {
	return beam.GroupByKey(s, beam.AddFixedKey(s, rows))
}

// spread makes a collection of the inputs, which the runner may divide between workers.
func spread(s beam.Scope, inputs []Input) beam.PCollection {
	return beam.Reshuffle(s, beam.CreateList(s, inputs))
}

// each calls f for every element, with so many goroutines, and returns the first error.
func each[T any](ctx context.Context, all []T, f func(context.Context, T) error) error {
	const workers = 32
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	work := make(chan T)
	for range min(workers, len(all)) {
		wait.Go(func() {
			for x := range work {
				if err := f(ctx, x); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, x := range all {
		if ctx.Err() != nil {
			break
		}
		work <- x
	}
	close(work)
	wait.Wait()
	return context.Cause(ctx)
}

func init() {
	beam.RegisterType(reflect.TypeFor[Input]())
	beam.RegisterType(reflect.TypeFor[Row]())
	register.Emitter1[Row]()
	register.Iter1[Row]()
}
