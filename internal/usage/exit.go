package usage

import "errors"

// Exit codes of every command.
const (
	ExitDone     = 0
	ExitFailed   = 1
	ExitWrong    = 2 // wrong use
	ExitRejected = 3 // done, but some input was rejected
)

// ErrRejected is returned by a command that did its work but rejected some of its input.
var ErrRejected = errors.New("some input was rejected")
