/** The first x.y.z in a program's answer to `--version`, or null. */
export function parseVersion(text) {
	return /(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;
}

/** True when `version` is `minimum` or newer; both are x.y.z. */
export function isAtLeast(version, minimum) {
	return compareVersions(version, minimum) >= 0;
}

/** Below 0 when `a` is older than `b`, 0 when equal, above 0 when newer. */
export function compareVersions(a, b) {
	const [left, right] = [a, b].map((version) => version.split('.').map(Number));
	for (const place of [0, 1, 2]) {
		if (left[place] !== right[place]) return left[place] - right[place];
	}
	return 0;
}
