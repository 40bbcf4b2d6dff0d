package storage

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// networks are file systems of other machines, by the type that statfs gives. The log of SQLite is shared
// memory, which they do not have.
var networks = map[uint32]string{
	0x6969: "NFS", 0x517B: "SMB", 0xFE534D42: "SMB", 0xFF534D42: "CIFS", 0x5346414F: "AFS", 0x73757245: "Coda",
	0x00C36400: "Ceph", 0x0BD00BD0: "Lustre", 0x47504653: "GPFS", 0x01021997: "9P",
}

// checkPlace returns an error if a folder is on a network file system.
func checkPlace(dir string) error {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if name, ok := networks[uint32(s.Type)]; ok {
		return fmt.Errorf("%s is on a network file system (%s), where a database can be damaged: move the folder of the study to a local disk", dir, name)
	}
	return nil
}
