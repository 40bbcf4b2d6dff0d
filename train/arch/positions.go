package arch

import (
	"fmt"
	"slices"
)

// Positions is a network without its pooling: the class head reads every position of the last map, instead
// of the map's mean. It has the parameters of the network that it was made from, apart from the point head.
type Positions struct {
	// Arch is the network to evaluate. Its class outputs for an image are, row by row, the logits of every
	// position: first those of the class token if Token is true, then Rows × Columns × Classes values.
	Arch *Arch

	Rows, Columns, Classes int
	Token                  bool // for a transformer: the logits of its class token come first
}

// Positions returns the network with its class head at every position. The bias is added at every position,
// so that the mean over the positions of a map is the logit of the network itself. A transformer has the
// logits of the class token, which are the network's own, and those of the tokens of patches, which the head
// was not trained to read.
func (a *Arch) Positions() (*Positions, error) {
	pool := a.Layers[a.Features]
	if pool.Op == AttendPool {
		return nil, fmt.Errorf("the pooling of %s predicts its weights, so that no map of the class head has the logit as its mean", a.Name)
	}
	if pool.Op == ClassToken && pool.Tokens > 1 {
		return nil, fmt.Errorf("the class head of %s reads %d tokens at once, so that it cannot read one position", a.Name, pool.Tokens)
	}
	if pool.Op != GAP && pool.Op != ClassToken {
		return nil, fmt.Errorf("%s has no pooling before its class head: its features have no positions", a.Name)
	}
	shapes, err := a.Shapes()
	if err != nil {
		return nil, err
	}
	p := &Positions{Classes: a.Classes}
	if pool.Op == GAP {
		m := shapes[pool.In[0]]
		p.Rows, p.Columns = m[0], m[1]
	} else {
		i := slices.IndexFunc(a.Layers, func(l Layer) bool { return l.Op == Embed })
		m := shapes[a.Layers[i].In[0]]
		p.Rows, p.Columns, p.Token = m[0], m[1], true
	}
	head := a.Layers[a.Heads.Classes]
	head.In = slices.Clone(pool.In)
	p.Arch = &Arch{Name: a.Name, Channels: a.Channels, Size: a.Size, Features: pool.In[0]}
	p.Arch.Layers = append(slices.Clone(a.Layers[:a.Features]), head)
	p.Arch.Heads = Heads{Classes: a.Features, Points: -1}
	if p.Arch.Classes = p.positions() * a.Classes; p.Token {
		p.Arch.Classes += a.Classes
	}
	_, err = p.Arch.Shapes()
	return p, err
}

func (p *Positions) positions() int { return p.Rows * p.Columns }

// Logits returns the network's own logits from the outputs for one image.
func (p *Positions) Logits(outputs []float32) []float32 {
	if p.Token {
		return slices.Clone(outputs[:p.Classes])
	}
	sum := make([]float64, p.Classes)
	for at := 0; at < len(outputs); at += p.Classes {
		for c, v := range outputs[at : at+p.Classes] {
			sum[c] += float64(v)
		}
	}
	logits := make([]float32, p.Classes)
	for c, v := range sum {
		logits[c] = float32(v / float64(p.positions()))
	}
	return logits
}

// Map returns the logits of a class by position, row by row, from the outputs for one image.
func (p *Positions) Map(outputs []float32, class int) []float32 {
	if p.Token {
		outputs = outputs[p.Classes:]
	}
	m := make([]float32, p.positions())
	for i := range m {
		m[i] = outputs[i*p.Classes+class]
	}
	return m
}
