// Runs in the folder where restate.ts has installed the SDK: the workflow of flow-kind.ts as Restate writes it.
import { serve, workflow } from '@restatedev/restate-sdk';

const flow = workflow({
	name: 'Flow',
	handlers: {
		run: async (context) => {
			let n = 0;
			for (const name of ['one', 'two', 'three']) n = await context.run(name, async () => n + 1);
			return n;
		},
	},
});

serve({ services: [flow], port: Number(process.argv[2]) });
