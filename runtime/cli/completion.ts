// covey completion SHELL: a script for the shell, made from the verbs there are.
import { CoveyError } from '../engine/errors.ts';

export function completion(shell: string, verbs: readonly string[]): string {
	switch (shell) {
		case 'bash':
			return `_covey() { COMPREPLY=($(compgen -W "${verbs.join(' ')}" -- "\${COMP_WORDS[COMP_CWORD]}")); }\ncomplete -F _covey covey\n`;
		case 'zsh':
			return `#compdef covey\n_arguments '1: :(${verbs.join(' ')})' '*::arg:_default'\n`;
		case 'fish':
			return `${verbs.map((verb) => `complete -c covey -n __fish_use_subcommand -a ${verb}`).join('\n')}\n`;
		default:
			throw new CoveyError('USAGE', `No completion for ${shell}; there is bash, zsh and fish.`);
	}
}
