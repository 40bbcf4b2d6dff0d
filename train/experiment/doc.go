// Package experiment compares ways to train: a grid of supervision × lambda × seed, each arm a run of train/run, told by what
// their networks do on some sets of images.
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
//	[garments]                     # … or those that package experiment composes
//	images = 8000
//
// The folder of an experiment:
//
//	OUT/experiment.toml            what was asked for
//	OUT/data/seed-1/               the garments' byproducts: simulation, store, targets.parquet, examples
//	OUT/arms/luab-10-seed-1/       a run, and result.json with what its network did
//	OUT/results.json, results.md   the table
//	OUT/lambda.svg, …              what lambda does (the paper's figure L)
//
// An arm that has a result is not trained again, one that was interrupted goes on.
//
// # How lambda is chosen
//
// Lambda is the one whose luab networks have the best mean over seeds on the evaluation that choose names; of equals the smaller. Rand
// has the same lambda. Every network is that of the last epoch: no epoch is chosen. The evaluation to choose on should be of the
// distribution of the training, as who trains has no other: choosing on images like those of the test would be telling the answer.
//
// # How arms are compared
//
// Seeds decide initial weights, the order of images and their augmentation, Rand's points, and the composed data. Arms of the same seed
// share all that, so that they are compared in pairs: the mean over seeds of the difference, ± Student's t(0.975, seeds − 1) times
// its standard error. Few seeds give wide intervals, and rightly so.
package experiment
