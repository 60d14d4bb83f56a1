// The bank page, in Arabic. Not yet reviewed by a native speaker.
export default {
};
