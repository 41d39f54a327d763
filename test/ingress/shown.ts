import { once } from 'node:events';
import * as tls from 'node:tls';

/** The alternative names of the certificate that a server shows for a name. */
export async function namesShown(port: number, servername: string): Promise<string | undefined> {
  const socket = tls.connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}
