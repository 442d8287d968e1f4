package io.fleetstop.fleet;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Where instances are: an account and a region. Instance ids are looked for in one target only.
 *
 * @param account a name for the account, chosen by the user, 1 to 128 characters: letters, digits
 *     and {@code . _ : @ -}. It should be the {@link io.fleetstop.EcsClientBuilder#account} of the
 *     client, whose rate limits have that name
 * @param region the id of the region, for example {@code cn-beijing}
 */
public record Target(String account, String region) {

  private static final Pattern ACCOUNT = Pattern.compile("[\\p{L}\\p{N}._:@-]{1,128}");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,64}");

  /**
   * Creates a target.
   *
   * @throws IllegalArgumentException if a name is empty, too long or has other characters
   */
  public Target {
    require("account", account, ACCOUNT, "1 to 128 letters, digits and . _ : @ -");
    require("region", region, REGION, "1 to 64 lower-case letters, digits and -");
  }

  private static void require(String field, String value, Pattern pattern, String rule) {
    Objects.requireNonNull(value, field);
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(field + " must be " + rule + ", was \"" + value + "\"");
    }
  }

  /** Returns {@code account/region}. */
  @Override
  public String toString() {
    return account + "/" + region;
  }
}
