// Events ordered by time, then by the order in which they were put: a binary heap.

export interface Entry {
	at: number;
	order: number;
	run: (() => void) | null;
}

export interface Queue {
	/** The entry can be called off by setting `run` to null. */
	put(at: number, run: () => void): Entry;
	take(): Entry | undefined;
	size(): number;
}

export function queue(): Queue {
	const heap: Entry[] = [];
	let order = 0;
	return {
		put(at, run) {
			const entry = { at, order: order++, run };
			heap.push(entry);
			rise(heap, heap.length - 1);
			return entry;
		},
		take() {
			const first = heap[0];
			const last = heap.pop();
			if (first === undefined || last === undefined || heap.length === 0) return first;
			heap[0] = last;
			sink(heap, 0);
			return first;
		},
		size: () => heap.length,
	};
}

const before = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

function rise(heap: Entry[], from: number): void {
	let index = from;
	while (index > 0) {
		const parent = (index - 1) >> 1;
		if (!before(heap[index] as Entry, heap[parent] as Entry)) return;
		swap(heap, index, parent);
		index = parent;
	}
}

function sink(heap: Entry[], from: number): void {
	let index = from;
	for (;;) {
		const left = 2 * index + 1;
		let least = index;
		for (const child of [left, left + 1]) {
			if (child < heap.length && before(heap[child] as Entry, heap[least] as Entry)) least = child;
		}
		if (least === index) return;
		swap(heap, index, least);
		index = least;
	}
}

function swap(heap: Entry[], a: number, b: number): void {
	const held = heap[a] as Entry;
	heap[a] = heap[b] as Entry;
	heap[b] = held;
}
