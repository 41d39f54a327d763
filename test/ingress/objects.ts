import type { Secret } from '../../src/api/core-v1/secret.ts';
import type { Service } from '../../src/api/core-v1/service.ts';
import type { EndpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import type { Ingress } from '../../src/api/networking-v1/ingress.ts';
import type { ModelObjects } from '../../src/ingress/model.ts';
import { metadata } from '../controllers/objects.ts';

export function anIngress(name: string, spec: object, meta: object = {}): Ingress {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: metadata(name, meta), spec };
}

/** A rule with paths, each given as `path type service:port`. */
export function rule(host: string | undefined, ...paths: string[]) {
  const http = {
    paths: paths.map((text) => {
      const [path, pathType, service] = text.split(' ');
      return { path, pathType, backend: backend(service!) };
    }),
  };
  return { ...(host !== undefined && { host }), http };
}

export function backend(text: string) {
  const [name, port = ''] = text.split(':');
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

export function aService(name: string, spec: object): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(name), spec };
}

export function aSlice(name: string, ports: object[], endpoints: object[]): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': name };
  const meta = metadata(`${name}-1`, { labels });
  return { metadata: meta, addressType: 'IPv4', ports, endpoints } as unknown as EndpointSlice;
}

export function aSecret(name: string, cert: string, key: string): Secret {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const data = { 'tls.crt': encoded(cert), 'tls.key': encoded(key) };
  return { apiVersion: 'v1', kind: 'Secret', metadata: metadata(name), type: 'kubernetes.io/tls', data };
}

export function objects(
  parts: { services?: Service[]; slices?: EndpointSlice[]; secrets?: Secret[] } = {},
): ModelObjects {
  const named =
    <T extends { metadata: { name: string } }>(list: T[] = []) =>
    (_: string, name: string) =>
      list.find((one) => one.metadata.name === name);
  return {
    service: named(parts.services),
    secret: named(parts.secrets),
    slices: (_, name) =>
      (parts.slices ?? []).filter((one) => one.metadata.labels?.['kubernetes.io/service-name'] === name),
  };
}
