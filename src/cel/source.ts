import { CelError } from './value.ts';

/** An error at a place of the source, as cel-go writes it: with the line, and a mark below the place. */
export function errorAt(source: string, at: number, message: string): CelError {
  const before = source.slice(0, at).split('\n');
  const column = before.at(-1)!.length;
  const line = source.split('\n')[before.length - 1] ?? '';
  return new CelError(
    `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`,
  );
}

export function syntaxError(source: string, at: number, message: string): CelError {
  return errorAt(source, at, `Syntax error: ${message}`);
}
