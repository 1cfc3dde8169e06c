// Everything the engine needs to know of installs.
import type { Kind } from '../../runtime/engine/kind.ts';
import { InstallCommand, InstallFact, InstallInput } from './contract.ts';
import { installMachine } from './machine.ts';
import { viewInstall } from './view.ts';

export const installKind: Kind = {
	kind: 'install',
	versions: [{ machine: installMachine }],
	create: InstallInput as unknown as Kind['create'],
	command: InstallCommand as unknown as Kind['command'],
	fact: InstallFact as unknown as Kind['fact'],
	view: viewInstall,
	home: ({ host }) => (typeof host === 'string' && host !== '' ? host : null),
};
