// The courses that run with all other tests; any others by `npm run net`.
export const COURSES = [
	{ seed: 20, hosts: 3, faults: 10 },
	{ seed: 25, hosts: 5, faults: 12 },
];
