//! Whether two sessions are in one place: pure.

use entity::id::PlaceId;

/// Where a session is, as far as conflicts go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The location's text.
    pub text: String,
    /// The record that it means.
    pub record: Option<PlaceId>,
    /// How many fit into that.
    pub capacity: Option<i32>,
}

/// How online locations begin.
const ONLINE: [&str; 14] = [
    "线上",
    "在线",
    "网络",
    "网上",
    "腾讯会议",
    "钉钉",
    "企业微信",
    "飞书",
    "学习强国",
    "http",
    "online",
    "zoom",
    "teams",
    "webex",
];

/// How rooms end whose names begin so all the same.
const ROOM_ENDS: [char; 7] = ['室', '厅', '楼', '馆', '场', '层', '院'];

impl Room {
    /// Whether the text says that it is nowhere to go to.
    #[must_use]
    pub fn is_online(&self) -> bool {
        let text = self.text.trim().to_lowercase();
        self.record.is_none()
            && (text.contains("://") || ONLINE.iter().any(|word| text.starts_with(word)) && !text.ends_with(ROOM_ENDS))
    }

    /// Whether both are in one place: the same record, or where one of them is no record, the same text. Nowhere and
    /// online are no place.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        if let (Some(one), Some(two)) = (self.record, other.record) {
            return one == two;
        }
        let text = self.text.trim();
        !text.is_empty() && text == other.text.trim() && !self.is_online() && !other.is_online()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(text: &str, record: Option<i64>) -> Room {
        Room { text: text.to_owned(), record: record.map(PlaceId), capacity: None }
    }

    #[test]
    fn one_record_or_one_text_is_one_place_and_nowhere_is_none() {
        assert!(room("三楼会议室", None).is_same(&room(" 三楼会议室 ", None)));
        assert!(room("三楼会议室", Some(1)).is_same(&room("三楼会议室", None)));
        assert!(room("三楼会议室", Some(1)).is_same(&room("三楼会议室", Some(1))));
        // Two bodies have each their own of one name.
        assert!(!room("三楼会议室", Some(1)).is_same(&room("三楼会议室", Some(2))));
        assert!(!room("三楼会议室", None).is_same(&room("二楼会议室", None)));
        for nowhere in [
            "",
            "  ",
            "线上",
            "线上（腾讯会议）",
            "腾讯会议 123-456",
            "网络学习平台",
            "https://meet.example.test/1",
            "Zoom",
        ] {
            assert!(!room(nowhere, None).is_same(&room(nowhere, None)), "{nowhere}");
        }
        for somewhere in ["网络中心三楼会议室", "线上直播室"] {
            assert!(room(somewhere, None).is_same(&room(somewhere, None)), "{somewhere}");
        }
        assert!(room("线上", Some(1)).is_same(&room("线上", Some(1))));
    }
}
