package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"abtool/internal/ui"
	"abtool/train/arch"
	"abtool/train/data"
	runs "abtool/train/run"
)

// printSets prints how many images are trained on, without ending the line.
func printSets(w io.Writer, train, val *data.Set) {
	n := 0
	if val != nil {
		n = len(val.Images)
	}
	fmt.Fprintf(w, "%s images of %d classes, %s of them with a point; %s for validation", ui.Thousands(int64(len(train.Images))),
		len(train.Classes), ui.Thousands(int64(train.Pointed())), ui.Thousands(int64(n)))
}

func printPlan(w io.Writer, p *runs.Plan, epochs int) {
	fmt.Fprintf(w, "%s\n", p.Recipe)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("network", "%s, %d px, %.1fM weights, on %s", p.Arch, p.Size, float64(p.Weights)/1e6, p.Engine)
	row("images", "%s, %s of them with a point; %s for validation", ui.Thousands(int64(p.Images)), ui.Thousands(int64(p.Points)), ui.Thousands(int64(p.Val)))
	row("steps", "%s of %s images; %s in each of %d epochs", ui.Thousands(int64(p.Steps)), ui.Thousands(int64(p.Batch)), ui.Thousands(int64(p.StepsEpoch)), epochs)
	round := func(d time.Duration) time.Duration {
		if d > 10*time.Second {
			return d.Round(time.Second)
		}
		return d.Round(time.Millisecond)
	}
	row("time of a step", "%s, the mean of %d steps after a first step of %s: %.0f img/s; %.0f %% of it waiting for images", round(p.Step), p.Measured, round(p.First), float64(p.Batch)/p.Step.Seconds(), 100*p.Waited)
	row("loader", "%.0f img/s per core", p.Loader)
	if p.Val > 0 {
		row("validation", "%s per epoch", round(p.ValidateEpoch))
	}
	row("time in all", "about %s", round(p.Total))
	memory := ui.Size(p.StateBytes) + " of weights and moments"
	if p.PeakBytes > 0 {
		memory += "; " + ui.Size(p.PeakBytes) + " of the process after the measurement"
	}
	if p.DeviceBytes > 0 {
		memory += "; " + ui.Size(p.DeviceBytes) + " on the device"
	}
	row("memory", "%s", memory)
	t.Flush()
}

// printTimes prints how long all epochs of a run took, if there are any.
func printTimes(w io.Writer, epochs []runs.Time) {
	var sum runs.Time
	for _, e := range epochs {
		sum.Images += e.Images
		sum.Seconds += e.Seconds
		sum.Waited += e.Waited * e.Seconds
		sum.Validate += e.Validate
		sum.Loader = e.Loader // the last run's
	}
	if sum.Images == 0 {
		return
	}
	fmt.Fprintf(w, "trained for %.1f s, %.0f img/s, %.0f %% of it waiting for images (loader %.0f img/s per core); validated for %.1f s\n",
		sum.Seconds, float64(sum.Images)/sum.Seconds, 100*sum.Waited/sum.Seconds, sum.Loader, sum.Validate)
}

func listArchs(out io.Writer) error {
	return ui.Print(out, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "architecture\tweights\tpixels\tdescription")
		for _, spec := range arch.List() {
			a, err := arch.New(spec.Name, arch.Options{PointOutputs: 2})
			if err != nil {
				continue
			}
			fmt.Fprintf(t, "%s\t%.1fM\t%d\t%s\n", spec.Name, float64(a.Count(false))/1e6, spec.Size, spec.About)
		}
		t.Flush()
		fmt.Fprintln(w, "\nWeights are counted for 1,000 classes, without the point head.")
	})
}

func printMetrics(w io.Writer, m *runs.Metrics) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  \tvalue\t95 %% interval\tof\n")
	row := func(name string, x *runs.Measure, unit, of string) {
		if x == nil || !x.Value.Defined() {
			return
		}
		in := ""
		if x.Interval != nil {
			in = ui.Number(x.Interval.Low, unit) + " to " + ui.Number(x.Interval.High, unit)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s %s\n", name, ui.Number(float64(x.Value), unit), in, ui.Thousands(x.N), of)
	}
	row("top-1", m.Top1, "fraction", "images")
	row("top-5", m.Top5, "fraction", "images")
	row("mAP", m.MAP, "fraction", "images")
	row("loss", &m.Loss, "", "images")
	row("class loss", &m.ClassLoss, "", "images")
	row("point loss", &m.PointLoss, "", "images whose target is in the crop")
	row("point on its object", m.Localised, "fraction", "predictions on images with ground truth")
	row("target on its object", m.TargetHit, "fraction", "targets on images with ground truth")
	row("distance of the point from its target", m.Distance, "", "points, fractions of the crop")
	t.Flush()
	for _, text := range m.LeftOut() {
		fmt.Fprintf(w, "  %s\n", text)
	}
}

// progress shows how far training is: with a bar on a terminal, otherwise with a line every ten seconds.
func (o *trainOptions) progress(w io.Writer) *ui.Bar {
	if bar := ui.NewBar(w, false, ui.Narrow); bar != nil {
		o.Progress = func(p runs.Progress) { bar.Set(o.progressText(p), int64(p.Step), int64(p.Steps)) }
		return bar
	}
	o.LogEvery = 10 * time.Second
	o.Progress = func(p runs.Progress) {
		fmt.Fprintf(w, "%s  %s left\n", o.progressText(p), p.Left.Round(time.Second))
	}
	return nil
}

func (o *trainOptions) progressText(p runs.Progress) string {
	out := fmt.Sprintf("epoch %d/%d  %.0f img/s  loss %.3f", p.Epoch, p.Epochs, p.Images, p.Loss)
	if !math.IsNaN(p.Point) {
		out += fmt.Sprintf(" = %.3f + %.3g × %.4f", p.Class, o.Recipe.Lambda, p.Point)
	}
	return out + fmt.Sprintf("  loader %.0f img/s per core, waited %.0f %%", p.Loader, 100*p.Waited)
}
