// Package flink has a test that runs abtool-beam on a cluster of Flink on this machine: a job manager, two task
// managers, one of which is killed, and Beam's job server. It needs Java 11 or 17, Maven and 150 MB of packages, and
// runs with
//
//	go -C beam test -tags flink -count=1 -v ./flink
package flink
