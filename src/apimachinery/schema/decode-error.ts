/** A value that cannot be what the schema says. The message is the decoder's own, without the kind. */
export class DecodeError extends Error {}

/** Where the decoder is, kept up to date while it descends, so that an error or an unknown field can be located. */
export class Cursor {
  /** Fields as strings, positions in arrays as numbers, keys of maps wrapped. */
  readonly #path: (string | number | { readonly key: string })[] = [];
  /** The name of the innermost object type. */
  struct = '';
  /** Paths of fields that the schema does not know; at most a hundred are kept. */
  readonly unknown: string[] = [];

  push(step: string | number | { readonly key: string }): void {
    this.#path.push(step);
  }

  pop(): void {
    this.#path.pop();
  }

  noteUnknown(field: string): void {
    if (this.unknown.length >= 100) return;
    this.unknown.push(this.#text([...this.#path, field]));
  }

  /** `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32` */
  mismatch(value: unknown, wanted: string): DecodeError {
    const fields = this.#path.filter((step) => typeof step === 'string');
    const where = fields.length > 0 ? `Go struct field ${this.struct}.${fields.join('.')}` : 'Go value';
    return new DecodeError(`json: cannot unmarshal ${jsonType(value, wanted)} into ${where} of type ${wanted}`);
  }

  #text(path: readonly (string | number | { readonly key: string })[]): string {
    let text = '';
    for (const step of path) {
      if (typeof step === 'number') text += `[${step}]`;
      else text += (text && '.') + (typeof step === 'string' ? step : step.key);
    }
    return text;
  }
}

/** A number that is merely out of range is shown, since its type alone would explain nothing. */
function jsonType(value: unknown, wanted: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && wanted.startsWith('int')) return `number ${value}`;
  return typeof value;
}
