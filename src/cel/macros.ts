import type { Expression, Macro } from './expression.ts';
import { errorAt } from './source.ts';

const overRanges: ReadonlySet<string> = new Set<Macro>(['all', 'exists', 'exists_one', 'filter', 'map']);

/** What a call means that is none: its arguments are not all evaluated as they stand. Undefined: it is a call. */
export function macroCall(
  source: string,
  name: string,
  target: Expression | undefined,
  args: readonly Expression[],
  at: number,
): Expression | undefined {
  if (!target) return name === 'has' && args.length === 1 ? presence(source, args[0]!) : undefined;
  if (name === 'bind' && isName(target, 'cel') && args.length === 3) return binding(source, args, at);
  const known = overRanges.has(name) && (args.length === 2 || (name === 'map' && args.length === 3));
  return known ? overRange(source, name as Macro, target, args, at) : undefined;
}

function presence(source: string, argument: Expression): Expression {
  if (argument.is !== 'field') throw errorAt(source, argument.at, 'invalid argument to has() macro');
  return { ...argument, test: true };
}

function binding(source: string, [variable, value, body]: readonly Expression[], at: number): Expression {
  return { is: 'bind', variable: variableName(source, variable!), value: value!, body: body!, at };
}

function overRange(
  source: string,
  macro: Macro,
  range: Expression,
  args: readonly Expression[],
  at: number,
): Expression {
  const variable = variableName(source, args[0]!);
  const condition = args.length === 3 ? { condition: args[1]! } : {};
  return { is: 'macro', macro, range, variable, ...condition, body: args.at(-1)!, at };
}

function variableName(source: string, expression: Expression): string {
  if (expression.is === 'name') return expression.name;
  throw errorAt(source, expression.at, 'argument must be a simple name');
}

function isName(expression: Expression, name: string): boolean {
  return expression.is === 'name' && expression.name === name;
}
