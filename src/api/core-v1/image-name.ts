/**
 * The tag of an image's name: `latest` when it has neither tag nor digest, empty when only a digest is given.
 * A colon before the last slash belongs to a registry's port.
 */
function imageTag(image: string): string {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.lastIndexOf(':');
  if (colon > name.lastIndexOf('/')) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

/** The characters that stand in the names of images. */
const IMAGE = /^[\w.:/@+-]+$/;

/** `Always` for a tag that moves, else `IfNotPresent`, also for what is no image's name. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  return IMAGE.test(image ?? '') && imageTag(image!) === 'latest' ? 'Always' : 'IfNotPresent';
}
