// The numbers of this folder.

/** Longer than any key, certificate chain or service account file. */
export const maxSecretBytes: number = 64 * 1024;
