// Package loss defines the training objective in one place, at the outputs of the two heads: its value and
// its gradient. An engine only has to run the network forward to the heads and backward from them.
//
// With B images, class logits g (B × C), point outputs h (B × P), sigmoid σ and lambda ≥ 0 (equation 1 of
// the paper, section 4.2):
//
//	total = class + lambda · point
//	class = 1/B Σ_b −Σ_c q_bc log softmax(g_b)_c                                   cross-entropy
//	      = 1/(B·C) Σ_b Σ_c −(t_bc log σ(g_bc) + (1−t_bc) log(1−σ(g_bc)))          binary cross-entropy (multi-label)
//	point = 1/B Σ_b 1/|V_b| Σ_{k ∈ V_b} ½ (s1(σ(h_bk0)−z_bk0) + s1(σ(h_bk1)−z_bk1))
//
// q is the one-hot label or the given distribution, smoothed: q·(1−ε) + ε/C. V_b are the valid points of
// image b: at most one or, with a point per class, the points of the present classes that have a byproduct.
// An image without valid points adds 0 to the sum and still counts in B, so that a batch's loss is the mean
// of its images' losses, however the batch is split. s1 is the smooth-L1 loss with threshold Beta: s1(d) =
// d²/(2·Beta) if |d| < Beta, |d| − Beta/2 otherwise. With the default of 1 it is always the square, because
// |d| ≤ 1. Points are in [0,1]², x before y, relative to the image as the network sees it.
package loss
