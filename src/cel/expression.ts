import type { Value } from './value.ts';

/** A parsed expression. `at` is where the source says it: for calls their name or operator. */
export type Expression = { readonly at: number } & (
  | { readonly is: 'literal'; readonly value: Value }
  | { readonly is: 'name'; readonly name: string }
  /** `operand.field`; with `test`: whether it is there. */
  | { readonly is: 'field'; readonly operand: Expression; readonly field: string; readonly test: boolean }
  /** Functions, methods (the target is the first argument) and operators, these by their symbol. */
  | { readonly is: 'call'; readonly name: string; readonly args: readonly Expression[]; readonly method: boolean }
  | { readonly is: 'list'; readonly items: readonly Expression[] }
  | { readonly is: 'map'; readonly entries: readonly (readonly [Expression, Expression])[] }
  /** `range.all(variable, body)` and its like. `map` may have a condition before the body. */
  | {
      readonly is: 'macro';
      readonly macro: Macro;
      readonly range: Expression;
      readonly variable: string;
      readonly condition?: Expression;
      readonly body: Expression;
    }
  /** `cel.bind(variable, value, body)`. */
  | { readonly is: 'bind'; readonly variable: string; readonly value: Expression; readonly body: Expression }
);

export type Macro = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';
