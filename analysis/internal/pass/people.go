package pass

import "abtool/store/columnar"

// People finds the annotators and HITs of the rows of a row group.
type People struct {
	*Base
	Worker, HIT *columnar.Values
	Arm         *columnar.Values // nil unless arms are asked for

	workerIDs, hitIDs, clusterIDs, armIDs []int32 // numbers of the names in the columns' Dict
}

// Update must be called after each row group that was read.
func (p *People) Update() {
	p.workerIDs = p.Workers.Number(p.workerIDs[:0], p.Worker.Dict)
	p.hitIDs = p.HITs.Number(p.hitIDs[:0], p.HIT.Dict)
	if p.Arm != nil {
		p.armIDs = p.Arms.Number(p.armIDs[:0], p.Arm.Dict)
	}
	p.clusterIDs = p.clusterIDs[:0]
	for _, s := range p.Worker.Dict {
		p.clusterIDs = append(p.clusterIDs, p.Clusters.ID("worker "+s))
	}
}

// ArmOf returns the number of the arm of row i, or −1 if it has none or arms are not asked for.
func (p *People) ArmOf(i int) int32 {
	if p.Arm == nil || p.Arm.Index[i] < 0 {
		return -1
	}
	return p.armIDs[p.Arm.Index[i]]
}

// Of returns the numbers of the worker and the HIT of row i, −1 if unknown, and of its cluster: the worker,
// or the HIT if the worker is unknown, or an anonymous cluster if both are.
func (p *People) Of(i int, image func() string) (worker, hit, cluster int32) {
	worker, hit, cluster = -1, -1, -1
	if k := p.HIT.Index[i]; k >= 0 {
		hit = p.hitIDs[k]
	}
	if k := p.Worker.Index[i]; k >= 0 {
		worker, cluster = p.workerIDs[k], p.clusterIDs[k]
	} else if name, ok := p.HIT.Text(i); ok {
		cluster = p.Clusters.ID("hit " + name)
	} else {
		cluster = p.Anonymous(image())
	}
	return worker, hit, cluster
}
