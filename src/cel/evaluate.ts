import type { Expression } from './expression.ts';
import { noOverload, type CelFunction } from './functions.ts';
import { readCost } from './read-cost.ts';
import { CelError, isList, isMap, type Value } from './value.ts';

export type Variables = ReadonlyMap<string, Value>;

/** So many characters or items are as dear as a step. */
const CHEAP = 10;

/** What an evaluation goes by, and how much of it is left. */
interface Run {
  readonly functions: Readonly<Record<string, CelFunction>>;
  /** Steps that may still be made. */
  budget: number;
}

/** Works out an expression. @throws CelError when it has no value, or costs more than so many steps */
export function evaluate(
  expression: Expression,
  variables: Variables,
  functions: Run['functions'],
  budget: number,
): Value {
  return valueOf(expression, variables, { functions, budget });
}

function valueOf(one: Expression, variables: Variables, run: Run): Value {
  pay(run, 1);
  switch (one.is) {
    case 'literal':
      return one.value;
    case 'name':
      return variables.get(one.name)!;
    case 'field':
      return fieldOf(valueOf(one.operand, variables, run), one.field, one.test);
    case 'call':
      return call(one, variables, run);
    case 'list':
      return one.items.map((item) => valueOf(item, variables, run));
    case 'map':
      return new Map(
        one.entries.map(([key, value]) => [keyOf(valueOf(key, variables, run)), valueOf(value, variables, run)]),
      );
    case 'bind':
      return valueOf(one.body, withVariable(variables, one.variable, valueOf(one.value, variables, run)), run);
    default:
      return macro(one, variables, run);
  }
}

function keyOf(value: Value): string | bigint | boolean {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  throw new CelError('unsupported key type');
}

function fieldOf(operand: Value, field: string, test: boolean): Value {
  if (!isMap(operand)) throw noOverload();
  const value = operand.get(field);
  if (test) return value !== undefined;
  if (value === undefined) throw new CelError(`no such key: ${field}`);
  return value;
}

function withVariable(variables: Variables, name: string, value: Value): Variables {
  return new Map(variables).set(name, value);
}

function call(one: Expression & { is: 'call' }, variables: Variables, run: Run): Value {
  const { name, args } = one;
  if (name === '&&' || name === '||') return either(args, variables, run, name === '||');
  if (name === '?:') return valueOf(args[bool(valueOf(args[0]!, variables, run)) ? 1 : 2]!, variables, run);
  const given = args.map((arg) => valueOf(arg, variables, run));
  const most = (run.budget + 1) * CHEAP;
  pay(run, readCost(name, given, most) / CHEAP);
  const value = run.functions[name]!(...given);
  // What has been made large is dear: else a short expression could fill the memory.
  if (typeof value === 'string' || (value !== null && isList(value))) run.budget -= value.length / CHEAP;
  return value;
}

/** @throws CelError when that is more than is left */
function pay(run: Run, steps: number): void {
  if (steps > run.budget) {
    run.budget = 0;
    throw new CelError('operation cancelled: actual cost limit exceeded');
  }
  run.budget -= steps;
}

function bool(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw noOverload();
}

/** `||` (of which one `true` decides) and `&&` (of which one `false` does), also when the other side has no value. */
function either(sides: readonly Expression[], variables: Variables, run: Run, decides: boolean): boolean {
  let failure: unknown;
  for (const side of sides) {
    try {
      if (bool(valueOf(side, variables, run)) === decides) return decides;
    } catch (error) {
      failure ??= error;
      if (run.budget <= 0) break;
    }
  }
  if (failure) throw failure;
  return !decides;
}

function macro(one: Expression & { is: 'macro' }, variables: Variables, run: Run): Value {
  const range = valueOf(one.range, variables, run);
  const items = isList(range) ? range : isMap(range) ? [...range.keys()] : undefined;
  if (!items) throw noOverload();
  const inner = (item: Value, expression: Expression) =>
    valueOf(expression, withVariable(variables, one.variable, item), run);
  const holds = (item: Value) => bool(inner(item, one.body));
  switch (one.macro) {
    case 'all':
      return decided(items, holds, false);
    case 'exists':
      return decided(items, holds, true);
    case 'exists_one':
      return items.filter(holds).length === 1;
    case 'filter':
      return items.filter(holds);
    default: {
      const { condition } = one;
      const chosen = condition ? items.filter((item) => bool(inner(item, condition))) : items;
      return chosen.map((item) => inner(item, one.body));
    }
  }
}

/** Whether one item decides, also when others have no value. */
function decided(items: readonly Value[], holds: (item: Value) => boolean, decides: boolean): boolean {
  let failure: unknown;
  for (const item of items) {
    try {
      if (holds(item) === decides) return decides;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return !decides;
}
