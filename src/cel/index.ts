import { check } from './check.ts';
import { evaluate, type Variables } from './evaluate.ts';
import { standardFunctions, type CelFunction } from './functions.ts';
import { parse } from './parser.ts';
import type { Value } from './value.ts';

export { noOverload, type CelFunction } from './functions.ts';
export { CelError, equal, type Extension, type Key, type Value } from './value.ts';

/** What expressions of one use may speak of, beyond the core of the language. */
export interface Environment {
  readonly variables: readonly string[];
  /** Functions and methods by name. */
  readonly functions?: Readonly<Record<string, CelFunction>>;
  /** How many steps an evaluation may take. */
  readonly budget: number;
}

/** An expression that can be evaluated again and again. @throws CelError */
export type Program = (variables: Readonly<Record<string, Value>>) => Value;

/** Symbols that stand for more than a function: see `evaluate`. */
const lazy = ['&&', '||', '?:'];

/**
 * Compiles an expression of the Common Expression Language: literals, operators, fields, indexes, lists and maps, the
 * macros, `cel.bind`, and the functions of the core and of the environment. Not there yet, and refused: messages, bytes,
 * optional values, durations and timestamps, regular expressions, and types that are checked before evaluation.
 * @throws CelError with the place in the source
 */
export function compile(source: string, environment: Environment): Program {
  const expression = parse(source);
  const functions: Record<string, CelFunction> = { ...environment.functions, ...standardFunctions };
  const names = new Set([...Object.keys(functions), ...lazy]);
  check(source, expression, { variables: new Set(environment.variables), functions: names });
  return (variables) => {
    const known: Variables = new Map(Object.entries(variables));
    return evaluate(expression, known, functions, environment.budget);
  };
}
