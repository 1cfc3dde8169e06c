import program from '../../package.json' with { type: 'json' };

/** Of this program: `0.1.0`. */
export const VERSION = program.version;
