import type { Expression } from './expression.ts';
import { errorAt } from './source.ts';

/** What an expression may speak of. */
export interface Names {
  readonly variables: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
}

/** Finds names that nobody declared before anything is evaluated. @throws CelError */
export function check(source: string, expression: Expression, names: Names): void {
  const visit = (one: Expression, variables: ReadonlySet<string>): void => {
    const all = (list: readonly Expression[]) => list.forEach((item) => visit(item, variables));
    switch (one.is) {
      case 'literal':
        return;
      case 'name':
        if (!variables.has(one.name)) throw undeclared(source, one.at, one.name);
        return;
      case 'field':
        return visit(one.operand, variables);
      case 'call':
        if (!names.functions.has(one.name)) throw undeclared(source, one.at, one.name);
        return all(one.args);
      case 'list':
        return all(one.items);
      case 'map':
        return all(one.entries.flat());
      case 'bind':
        visit(one.value, variables);
        return visit(one.body, new Set([...variables, one.variable]));
      case 'macro': {
        visit(one.range, variables);
        const inner = new Set([...variables, one.variable]);
        if (one.condition) visit(one.condition, inner);
        return visit(one.body, inner);
      }
    }
  };
  visit(expression, names.variables);
}

function undeclared(source: string, at: number, name: string): Error {
  return errorAt(source, at, `undeclared reference to '${name}' (in container '')`);
}
