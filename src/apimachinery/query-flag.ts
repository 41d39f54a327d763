/**
 * A boolean parameter of a query. Clients spell it in their own language's way (Python's says `True`), so everything that
 * is there is true, the bare name too, except for `false` in any case and `0`. `null` when it is not there.
 */
export function queryFlag(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && value !== '0' && value.toLowerCase() !== 'false';
}
