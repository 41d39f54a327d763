import type { KubeObject } from './object.ts';

/** One column of `kubectl get`. See the Table kind of meta.k8s.io/v1. */
export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  /** OpenAPI type of the cells. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority?: number;
  /** The cell. Ages are humanised here, as upstream's server does; `now` is in milliseconds. */
  value(object: T, now: number): string | number | boolean | null;
}
