// Package run trains a network by a recipe and keeps the run in a folder that can be continued:
//
//	RUN/recipe.toml         the recipe, with everything resolved
//	RUN/run.json            classes, numbers of images, version
//	RUN/log.jsonl           a line for every epoch
//	RUN/times.jsonl         where the time of every epoch went
//	RUN/events.out.tfevents the same for TensorBoard
//	RUN/last.safetensors    everything that is needed to go on, bit for bit
//	RUN/best.safetensors    weights of the best epoch, under torchvision's or timm's names
//	RUN/epoch-0010.safetensors  weights of every k-th epoch, if the recipe says so
//
// Files are replaced whole: an interrupt or a full disk leaves the last complete checkpoint.
package run
