package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requires that no other user can exchange the files of a directory. Who may write to a directory
 * can rename and replace the files in it, whatever their own owner and mode are.
 */
public final class TrustedDirectory {

  private static final String ATTRIBUTES = "unix:uid,gid,mode,owner,group";

  private static final int ROOT = 0;
  private static final int STICKY = 01000;
  private static final int WRITABLE_BY_GROUP = 020;
  private static final int WRITABLE_BY_ALL = 002;

  private TrustedDirectory() {}

  /**
   * Requires a directory that belongs to the effective user or to root, and that no other user may
   * write to unless it has the sticky bit. The group may write if it is root's, or if it has the
   * name of the user, as groups of a single user do. A file system without POSIX modes passes.
   *
   * @return the directory without symbolic links: use it instead of {@code directory}, of which a
   *     link may refer to another directory by then
   * @throws IOException if the directory is another one; the message names the reason and a remedy
   */
  public static Path resolve(Path directory) throws IOException {
    Path real = directory.toRealPath();
    if (!FileStatus.isSupported(real)) {
      return real;
    }
    Map<String, Object> attributes = Files.readAttributes(real, ATTRIBUTES);
    boolean ownGroup =
        FileStatus.required(attributes, "gid").equals(ROOT)
            || nameOf(attributes, "group").equals(nameOf(attributes, "owner"));
    String reason =
        reasonToRefuse(
            (Integer) FileStatus.required(attributes, "uid"),
            FileStatus.effectiveUid(),
            (Integer) FileStatus.required(attributes, "mode"),
            ownGroup);
    if (reason != null) {
      throw new IOException("its directory " + real + " " + reason);
    }
    return real;
  }

  private static String nameOf(Map<String, Object> attributes, String principal) {
    return ((Principal) FileStatus.required(attributes, principal)).getName();
  }

  /** Returns what another user can do, and what to do about it; or {@code null}. Pure. */
  static @Nullable String reasonToRefuse(int owner, int user, int mode, boolean ownGroup) {
    if (owner != user && owner != ROOT) {
      return "belongs to user "
          + owner
          + ", who can exchange the file: name a file in a directory of your own";
    }
    int foreign = ownGroup ? WRITABLE_BY_ALL : WRITABLE_BY_ALL | WRITABLE_BY_GROUP;
    if ((mode & foreign) != 0 && (mode & STICKY) == 0) {
      return String.format(
          "is writable by others (mode %03o), who can exchange the file: name a file in a directory"
              + " of your own, or take their right away with chmod go-w",
          mode & 07777);
    }
    return null;
  }
}
