package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kinds of keys that are read. */
class PemTest {

  private static final char[] PASSWORD = "open sesame".toCharArray();

  // Of one key made for this test.
  private static final String PLAIN =
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2Lmspcq9lRitl/0CaC6g6e3AsYCVs6DI"
          + "+IXKOESo4smhRANCAARi0G2gueHEtoflXKxjHTA61Ym3oogCeZovK0TvxmPzwySCQVXxEvZNyBhucjyZ"
          + "hqPhD/ISxNismMGZCoJy85Jj";
  private static final String ENCRYPTED =
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiuJ9Lt95kRBAICCAAwDAYIKoZIhvcNAgkF"
          + "ADAdBglghkgBZQMEASoEEBYW2Zmje4w0i5RrxsDawe0EgZA0i6mMfEPZjOw6vsXNq5KGyH8mJ6Jc3NuF"
          + "Rj8wM+881Q7lYojGImZzo/XR/44jJSyzF78l1DicC2mQrhvVK9MrGCdk0awpgiPrBidnwAtG+C7ChRPH"
          + "naRZ4Wj+m/q73t+JJq2jcoVpM3qwwsSicVK4MTIxbNzhtM4U54b98/eugA9Bx9EVdEH9QD1j+I0lUgg=";

  @TempDir private Path directory;

  private static PrivateKey key(String algorithm) throws GeneralSecurityException {
    return KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
  }

  private static String pem(String label, byte[] der) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("key.pem"), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC", "Ed25519", "Ed448"})
  void plainKey_isRead(String algorithm) throws Exception {
    PrivateKey key = key(algorithm);

    assertThat(Pem.privateKey(file(pem("PRIVATE KEY", key.getEncoded())), new char[0]))
        .isEqualTo(key);
  }

  /** As OpenSSL writes it: PBES2 with AES-256. */
  @Test
  void encryptedKeyOfOpenSsl_isRead() throws Exception {
    Path file = file(pem("ENCRYPTED PRIVATE KEY", Base64.getDecoder().decode(ENCRYPTED)));

    PrivateKey plain =
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(PLAIN)));
    assertThat(Pem.privateKey(file, PASSWORD)).isEqualTo(plain);
  }

  /** PBES1, as older tools write it. */
  @Test
  void encryptedKeyOfOlderTools_isRead() throws Exception {
    String encryption = "PBEWithSHA1AndDESede";
    PrivateKey key = key("EC");
    SecretKey secret =
        SecretKeyFactory.getInstance(encryption).generateSecret(new PBEKeySpec(PASSWORD));
    Cipher cipher = Cipher.getInstance(encryption);
    byte[] salt = new byte[16];
    new SecureRandom().nextBytes(salt);
    cipher.init(Cipher.ENCRYPT_MODE, secret, new PBEParameterSpec(salt, 2_048));
    byte[] der =
        new EncryptedPrivateKeyInfo(cipher.getParameters(), cipher.doFinal(key.getEncoded()))
            .getEncoded();
    Path file = file(pem("ENCRYPTED PRIVATE KEY", der));

    assertThat(Pem.privateKey(file, PASSWORD)).isEqualTo(key);
    assertThatThrownBy(() -> Pem.privateKey(file, "wrong".toCharArray()))
        .hasMessageStartingWith("clientKey must open with the given password");
  }

  @Test
  void pkcs1Key_isRefusedWithTheFormToUse() throws Exception {
    Path file = file(pem("RSA PRIVATE KEY", key("RSA").getEncoded()));

    assertThatThrownBy(() -> Pem.privateKey(file, new char[0]))
        .hasMessageStartingWith("clientKey must be a PKCS#8 key in PEM");
  }
}
