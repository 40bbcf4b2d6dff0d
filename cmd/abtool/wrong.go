package main

import (
	"cmp"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"abtool/internal/closest"
	"abtool/internal/usage"
)

// isGroup marks a command that only holds others, so that its help does not show it alone.
var isGroup = map[string]string{"kind": "group"}

// subcommand returns the check of a command that only holds others.
func subcommand() cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		names := commandNames(c)
		last := len(names) - 1
		if last > 0 {
			names = []string{strings.Join(names[:last], ", "), names[last]}
		}
		return usage.Errorf("say what to do: %s", strings.Join(names, " or "))
	}
}

// unknownCommand returns the error of a command that c does not have.
func unknownCommand(c *cobra.Command, name string) error {
	return usage.Errorf("there is no command %q%s", name, closest.DidYouMean(name, commandNames(c)))
}

func commandNames(c *cobra.Command) (names []string) {
	for _, x := range c.Commands() {
		if x.IsAvailableCommand() {
			names = append(names, x.Name())
		}
	}
	return names
}

// helpCommand returns the command help, which cobra's own is like, except that a wrong name is wrong use.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		Long: `Help provides help for any command in the application.
Simply type abtool help [path to command] for full details.`,
		RunE: func(c *cobra.Command, args []string) error {
			of, left, err := c.Root().Find(args)
			if err != nil || len(left) > 0 {
				return unknownCommand(of, left[0])
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

// flagError returns what is wrong with the flags of a command, in the words of this program.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usage.Errorf("there is no option -%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		return usage.Errorf("there is no option %s%s", name, closest.DidYouMean(name, names))
	case errors.As(err, &bare):
		f := bare.GetFlag()
		value, _ := pflag.UnquoteUsage(f)
		return usage.Errorf("--%s is without its value: give %s", f.Name, cmp.Or(valueOf(f), value))
	case errors.As(err, &invalid):
		if f := invalid.GetFlag(); valueOf(f) != "" {
			return usage.Errorf("--%s %s: give %s", f.Name, invalid.GetValue(), valueOf(f))
		}
	}
	return usage.Error(err)
}

// valueOf describes the values of a flag, or returns "" if its type does not say.
func valueOf(f *pflag.Flag) string {
	return map[string]string{"int": "a whole number", "int64": "a whole number", "uint64": "a whole number from 0", "float64": "a number",
		"duration": "a time such as 90s or 5m", "bool": "true or false"}[f.Value.Type()]
}

// messageOf returns the message of an error without the names of system calls and functions.
func messageOf(err error) string {
	message := err.Error()
	var path *fs.PathError
	if errors.As(err, &path) {
		why := path.Err.Error()
		switch {
		case errors.Is(path.Err, fs.ErrNotExist) && strings.HasPrefix(path.Op, "mkdir"):
			why = "the folder cannot be made"
		case errors.Is(path.Err, fs.ErrNotExist):
			why = "there is no such file or folder"
		}
		message = strings.ReplaceAll(message, path.Error(), path.Path+": "+why)
		message = strings.ReplaceAll(message, path.Path+": "+path.Path+": ", path.Path+": ")
	}
	var number *strconv.NumError
	if errors.As(err, &number) {
		why := strconv.Quote(number.Num) + " is not a number"
		if errors.Is(number.Err, strconv.ErrRange) {
			why = number.Num + " is too large"
		}
		message = strings.ReplaceAll(message, number.Error(), why)
	}
	return message
}
