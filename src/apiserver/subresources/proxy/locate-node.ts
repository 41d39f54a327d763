import type { HandlerServices } from '../../handlers/services.ts';
import type { Target } from '../../registry/registry.ts';
import { portNumber, proxyableAddress, splitSchemeNamePort } from './address.ts';
import { addressBackend, type Backend } from './backend.ts';

/**
 * The server on the node that `[scheme:]name[:port]` means: its kubelet, or with another port than the kubelet's
 * whatever listens there, to which we show no certificate.
 * @throws ApiError NotFound, BadRequest
 */
export async function locateNode(
  { registry, kubelets, dial }: HandlerServices,
  { name: id }: Target,
): Promise<Backend> {
  const { scheme, name, port } = splitSchemeNamePort(id, 'node');
  const address = await kubelets.locate(registry, name);
  if (!port || port === String(address.port)) return kubelets.backend(address);
  return addressBackend(dial, scheme, await proxyableAddress(address.host), portNumber(port));
}
