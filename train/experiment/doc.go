// Package experiment compares ways to train: it trains a grid of supervision × lambda × seed, each arm as a
// run of train/run, and compares the networks on one or several sets of images.
//
// An experiment is a TOML file:
//
//	title = "…"
//	supervision = ["none", "rand", "luab"]
//	lambda = [1, 3, 10, 30]        # luab is trained with each
//	rand = "chosen"                # rand: with the chosen lambda alone, or with "all"
//	seed = [1, 2, 3, 4, 5]         # each arm is trained with each
//	choose = "validation"          # the evaluation on which lambda is chosen
//
//	[recipe]                       # what differs from the recipe's defaults
//	arch = "cnn5"
//
//	[data]                         # images and targets as abtool train takes them …
//	images = "train"
//	targets = "targets.parquet"
//	[[evaluation]]
//	name = "validation"
//	images = "val"
//
//	[garments]                     # … or images that package experiment composes
//	images = 8000
//	clicks = ["simulated", "precise"]  # luab is trained with each kind
//
// The folder of an experiment:
//
//	OUT/experiment.toml            the experiment, complete with defaults
//	OUT/data/seed-1/               the garments' byproducts: simulation, store, targets.parquet, examples
//	OUT/arms/luab-10-seed-1/       a run, and result.json with the measurements of its network
//	OUT/results.json, results.md   the table
//	OUT/lambda.svg, …              the score by lambda (the paper's figure L)
//
// An arm that has a result is not trained again. An arm that was interrupted continues.
//
// # How lambda is chosen
//
// Experiments choose the lambda whose luab networks have the best mean over seeds on the evaluation that
// choose names; if several are equal, the smallest. Rand uses the same lambda. Networks are evaluated after the
// last epoch: no epoch is chosen. The evaluation named by choose should have the distribution of the training
// images, because in practice no other images are available. Choosing on images like the test's would leak the
// answer.
//
// # How arms are compared
//
// The seed determines initial weights, the order of images and their augmentation, Rand's points, and the
// composed data. Arms with the same seed share all of that, so that they are compared in pairs: the mean
// over seeds of the difference, ± Student's t(0.975, seeds − 1) times its standard error. Few seeds give
// wide intervals, as they should.
package experiment
