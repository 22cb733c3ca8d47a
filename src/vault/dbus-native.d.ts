// The one part of dbus-native's inside that is touched, which the library does not declare: its reader of messages.
declare module 'dbus-native/lib/dbus-buffer.js' {
  class DbusBuffer {
    /** `members`: the types of its members. */
    readStruct: (this: DbusBuffer, members: readonly unknown[]) => unknown[];
  }
  export default DbusBuffer;
}
