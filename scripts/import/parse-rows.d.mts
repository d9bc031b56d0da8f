export declare function toUtf8(bytes: Uint8Array): Uint8Array
