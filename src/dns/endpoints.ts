import type { Endpoints } from '../api/core-v1/endpoints.ts';
import type { EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import type { New } from '../apimachinery/object.ts';

/**
 * The same as the slices for those who still read Endpoints, as monitoring does: one subset for every list of ports. The
 * label keeps the mirroring controller from making slices of it. Pure.
 */
export function dnsEndpoints(
  name: { namespace: string; name: string },
  slices: readonly EndpointSlice[],
): New<Endpoints> {
  const subsets = new Map<string, NonNullable<Endpoints['subsets']>[number]>();
  for (const { endpoints = [], ports = [] } of slices.toSorted(byName)) {
    const shared = ports.map(({ name: port, port: number, protocol }) => ({ name: port, port: number!, protocol }));
    const key = JSON.stringify(shared);
    const addresses = endpoints.flatMap(({ addresses: ips, nodeName }) => ips.map((ip) => ({ ip, nodeName })));
    const before = subsets.get(key)?.addresses ?? [];
    if (addresses.length > 0) subsets.set(key, { addresses: [...before, ...addresses], ports: shared });
  }
  const labels = { 'k8s-app': name.name, 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  return { metadata: { ...name, labels }, subsets: [...subsets.values()] };
}

/** Whether Endpoints have to be written anew. Pure. */
export function endpointsDiffer(found: Endpoints, wanted: New<Endpoints>): boolean {
  const shape = (subsets: Endpoints['subsets'] = []) =>
    JSON.stringify(
      subsets.map(({ addresses = [], ports = [] }) => [
        addresses.map(({ ip, nodeName }) => [ip, nodeName]),
        ports.map(({ name, port, protocol }) => [name, port, protocol]),
      ]),
    );
  const labels = Object.entries(wanted.metadata.labels ?? {});
  return shape(found.subsets) !== shape(wanted.subsets) || labels.some(([k, v]) => found.metadata.labels?.[k] !== v);
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
