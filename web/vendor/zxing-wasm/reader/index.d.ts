// Written for this project: the part of the interface that it uses.
export declare function prepareZXingModule(options: {
  overrides: { locateFile: (path: string, prefix: string) => string };
  fireImmediately: true;
}): Promise<unknown>;
export declare function readBarcodes(
  input: ImageData | Blob,
  options?: { formats?: string[]; tryHarder?: boolean; tryInvert?: boolean; maxNumberOfSymbols?: number },
): Promise<{ text: string; bytes: Uint8Array; isValid: boolean }[]>;
