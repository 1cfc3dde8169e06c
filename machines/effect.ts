// A typed placeholder for an effect: machines name the work, actors/effects do it.
import { fromPromise } from 'xstate';

export const effect = <Input, Output>() =>
	fromPromise<Output, Input>(() => Promise.reject(new Error('the engine runs effects as jobs; a machine never runs one')));
