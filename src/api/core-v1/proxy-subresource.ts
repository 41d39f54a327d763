import type { Subresource } from '../../apimachinery/kind.ts';

/** The `proxy` subresource: what is asked for is named by the path behind it and, for admission, by options of this kind. */
export function proxySubresource(options: string): Subresource<any> {
  return {
    name: 'proxy',
    verbs: ['create', 'delete', 'get', 'patch', 'update'],
    kind: { group: '', version: 'v1', kind: options },
    connect: true,
  };
}
