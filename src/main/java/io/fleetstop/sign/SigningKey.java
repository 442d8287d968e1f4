package io.fleetstop.sign;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The signing key of one secret, day, region and service, with the texts of that day. */
final class SigningKey {

  private static final int LAST_YEAR = 9999;

  private final long epochDay;
  private final String secretAccessKey;
  private final String day;
  private final String scope;
  private final SecretKey key;

  private SigningKey(
      long epochDay, String secretAccessKey, String day, String scope, SecretKey key) {
    this.epochDay = epochDay;
    this.secretAccessKey = secretAccessKey;
    this.day = day;
    this.scope = scope;
    this.key = key;
  }

  static SigningKey of(
      SigningBuffer buffer, long epochDay, AccessKey credentials, String region, String service) {
    LocalDate date = LocalDate.ofEpochDay(epochDay);
    if (date.getYear() < 0 || date.getYear() > LAST_YEAR) {
      throw new IllegalArgumentException("now must be in a year of four digits, was in " + date);
    }
    String day = date.format(DateTimeFormatter.BASIC_ISO_DATE);
    String secret = credentials.secretAccessKey();
    byte[] key = derive(buffer, secret, day, region, service);
    return new SigningKey(
        epochDay,
        secret,
        day,
        day + '/' + region + '/' + service + "/request",
        new SecretKeySpec(key, "HmacSHA256"));
  }

  /** Derives the key by chained HMACs over day, region, service and {@code request}. */
  static byte[] derive(
      SigningBuffer buffer, String secretAccessKey, String day, String region, String service) {
    byte[] key = ascii(secretAccessKey);
    for (String step : new String[] {day, region, service, "request"}) {
      byte[] data = ascii(step);
      key = buffer.mac(new SecretKeySpec(key, "HmacSHA256"), data, data.length);
    }
    return key;
  }

  /** Returns whether this key belongs to that day and those credentials. */
  boolean matches(long epochDay, AccessKey credentials) {
    return this.epochDay == epochDay && secretAccessKey.equals(credentials.secretAccessKey());
  }

  /** Returns the day as {@code yyyyMMdd}. */
  String day() {
    return day;
  }

  /** Returns the credential scope: day, region, service and {@code request}. */
  String scope() {
    return scope;
  }

  SecretKey key() {
    return key;
  }

  /** Shows only the scope. */
  @Override
  public String toString() {
    return "SigningKey[" + scope + "]";
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
