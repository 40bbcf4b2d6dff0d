package cam

import (
	"errors"
	"fmt"
	"math"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/weights"
)

// A Rollout computes attention rollout of a transformer (Abnar and Zuidema, 2020): the attention of a block is the
// mean over its heads, averaged with the identity for the shortcut around it; the product over all blocks says
// how much of each patch is in the class token. It does not depend on a class. Close it after use.
//
// Engines give only outputs of heads, so that there is a network for each block, which ends at its queries and
// keys. Together they cost (n + 1) / 2 times as much as a network of n blocks.
type Rollout struct {
	blocks        []engine.Engine
	heads         []int
	tokens, width int
	rows, columns int
}

// OpenRollout loads weights into the networks of all blocks. It fails if the network is not a transformer.
func OpenRollout(a *arch.Arch, set *weights.Set, make func(engine.Config) (engine.Engine, error)) (_ *Rollout, err error) {
	shapes, err := a.Shapes()
	if err != nil {
		return nil, err
	}
	r := &Rollout{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	for i, l := range a.Layers {
		switch l.Op {
		case arch.Embed:
			m := shapes[l.In[0]]
			r.rows, r.columns = m[0], m[1]
		case arch.Attention:
			queries := l.In[0] // a linear layer for queries, keys and values
			r.tokens, r.width = shapes[i][0], shapes[i][1]
			part := &arch.Arch{Name: fmt.Sprintf("%s up to %s", a.Name, a.Layers[queries].Name), Channels: a.Channels, Size: a.Size,
				Layers: a.Layers[:queries+1], Features: a.Layers[queries].In[0], Classes: shapes[queries].Len(), Heads: arch.Heads{Classes: queries, Points: -1}}
			e, err := make(engine.Config{Arch: part})
			if err != nil {
				return nil, err
			}
			r.blocks, r.heads = append(r.blocks, e), append(r.heads, l.Heads)
			if err := e.SetWeights(set); err != nil {
				return nil, err
			}
		}
	}
	if len(r.blocks) == 0 || r.tokens != r.rows*r.columns+1 {
		return nil, fmt.Errorf("%s has no attention between patches and a class token: rollout is for transformers", a.Name)
	}
	return r, nil
}

// Close frees what the engines hold.
func (r *Rollout) Close() (err error) {
	for _, e := range r.blocks {
		err = errors.Join(err, e.Close())
	}
	return err
}

// Maps returns the map of each image of a batch on a view of width × height pixels.
func (r *Rollout) Maps(b *engine.Batch, width, height int) ([]*Map, error) {
	images := make([][][]float32, b.N) // queries, keys and values by image and block
	for _, e := range r.blocks {
		out, err := e.Evaluate(b, false)
		if err != nil {
			return nil, err
		}
		size := len(out.Logits) / b.N
		for i := range images {
			images[i] = append(images[i], out.Logits[i*size:(i+1)*size])
		}
	}
	maps := make([]*Map, b.N)
	for i, blocks := range images {
		token := rollout(blocks, r.tokens, r.width, r.heads)
		patches := make([]float32, r.tokens-1)
		for k, v := range token[1:] {
			patches[k] = float32(v)
		}
		maps[i] = New(patches, r.rows, r.columns, width, height)
	}
	return maps, nil
}

// rollout returns how much of each token is in the first one, from the queries, keys and values of blocks, tokens ×
// 3 · width.
func rollout(blocks [][]float32, tokens, width int, heads []int) []float64 {
	// From the last block to the first, only the row of the class token is needed.
	row := make([]float64, tokens)
	row[0] = 1
	scores := make([]float64, tokens)
	for k := len(blocks) - 1; k >= 0; k-- {
		x, size, next := blocks[k], width/heads[k], make([]float64, tokens)
		for from, share := range row {
			next[from] += share / 2
			for h := range heads[k] {
				q := x[from*3*width+h*size:][:size]
				top := math.Inf(-1)
				for to := range scores {
					scores[to] = 0
					for c, v := range x[to*3*width+width+h*size:][:size] {
						scores[to] += float64(q[c]) * float64(v)
					}
					scores[to] /= math.Sqrt(float64(size))
					top = max(top, scores[to])
				}
				sum := 0.0
				for to := range scores {
					scores[to] = math.Exp(scores[to] - top)
					sum += scores[to]
				}
				for to, v := range scores {
					next[to] += share / 2 * v / sum / float64(heads[k])
				}
			}
		}
		row = next
	}
	return row
}
