import type { HandlerServices } from '../../handlers/services.ts';
import type { Target } from '../../registry/registry.ts';
import { findPod } from '../pod-location.ts';
import { demandProxyable, portNumber, splitSchemeNamePort } from './address.ts';
import { addressBackend, type Backend } from './backend.ts';

const defaultPorts = { http: 80, https: 443 } as const;

/**
 * The server in the pod that `[scheme:]name[:port]` means; without a port it is the first that a container declares.
 * @throws ApiError NotFound, BadRequest
 */
export async function locatePod(
  { registry, dial }: HandlerServices,
  { namespace, name: id, kind }: Target,
): Promise<Backend> {
  const { scheme, name, port } = splitSchemeNamePort(id, 'pod');
  const pod = await findPod(registry, { kind, namespace, name });
  const declared = pod.spec?.containers?.flatMap((c) => c.ports ?? [])[0]?.containerPort;
  const ip = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '';
  demandProxyable(ip);
  return addressBackend(dial, scheme, ip, port ? portNumber(port) : (declared ?? defaultPorts[scheme]));
}
