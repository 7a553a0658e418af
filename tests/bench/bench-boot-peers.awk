# SPDX-License-Identifier: MIT
# The table and the verdict of bench-boot-peers.sh, from "NAME bytes gzipped" and "NAME clock idle clock idle available".
function median(name, what, i, j, t, a, n) {
	n = runs[name]
	for (i = 1; i <= n; i++) {
		t = value[name, what, i]
		for (j = i; j > 1 && a[j - 1] > t; j--)
			a[j] = a[j - 1]
		a[j] = t
	}
	return a[int((n + 1) / 2)]
}

function missed(what) {
	print "MISSED: " what
	bad = 1
}

FNR == NR {
	names[++count] = $1
	bytes[$1] = $2
	packed[$1] = $3
	next
}

{
	n = ++runs[$1]
	value[$1, "busy", n] = $4 - $2 - ($5 - $3)
	value[$1, "idle", n] = $5 - $3
	value[$1, "available", n] = $6
}

END {
	printf "%-16s %12s %8s %10s %12s %12s %14s\n", "", "instructions", "floor", "idle ms", "image", "gzip -9", "available"
	for (i = 1; i <= count; i++) {
		name = names[i]
		busy[name] = median(name, "busy")
		available[name] = median(name, "available")
		printf "%-16s %10.1f M %6.2f x %10.1f %8.0f KiB %8.0f KiB %10d KiB\n", name, busy[name] / 1e6, busy[name] / busy["floor"],
			median(name, "idle") / 1e6, bytes[name] / 1024, packed[name] / 1024, available[name]
	}
	if (busy["initbox"] > 1.1 * busy["floor"])
		missed("more than 1.1 times the instructions of the floor")
	for (i = 1; i <= count; i++) {
		name = names[i]
		if (name == "initbox" || name == "floor")
			continue
		if (busy["initbox"] >= busy[name])
			missed(name " needs no more instructions")
		if (packed["initbox"] >= packed[name])
			missed("the image of " name " is no larger")
		if (available["initbox"] <= available[name])
			missed(name " leaves no less memory")
	}
	exit bad
}
