/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MIN_PART_BYTES = 5 * 1024 * 1024;
export const MAX_PART_BYTES = 5 * 1024 ** 3;
export const MAX_PUT_BYTES = 5 * 1024 ** 3;
export const MAX_PARTS = 10_000;
export const MAX_KEY_BYTES = 1024;
export const MAX_METADATA_BYTES = 2 * 1024;
/** Keys, uploads and parts in one page of a list, and keys in one DeleteObjects. */
export const MAX_PAGE = 1000;
/** A complete request with 10,000 parts and their checksums has about 2 MB. */
export const MAX_XML_BYTES = 4 * 1024 * 1024;
/** How far a request's clock may be off. */
export const MAX_SKEW_MILLISECONDS = 15 * 60 * 1000;
